"""A daemon that systemd runs for us."""

import pytest

from ocf_lib.codes import ERR_CONFIGURED, ERR_GENERIC, ERR_INSTALLED, NOT_RUNNING, SUCCESS
from ocf_lib.context import Context
from ocf_lib.daemon.unit import Unit

from ..conftest import SERVICE, load
from ..double import Machine
from ..worlds import UWSGI
from .conftest import KEYSTONE

DROP_IN = "/run/systemd/system/keystone.service.d/50-openstack-keystone:p_keystone.conf"


def test_a_unit_runs_without_its_restart_policy_and_gets_it_back(cluster, machine, systemd):
    """
    The agent starts the unit, finds it by its control group, and stops it.
    """
    _, calls = systemd
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("start", unit="keystone").code == SUCCESS
    assert "Restart=no" in machine.files[DROP_IN]
    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert DROP_IN not in machine.files
    assert calls.count("daemon-reload") == 2
    assert machine.programs.launched == []


def test_a_start_says_that_its_unit_is_missing(cluster, systemd):
    """
    Monitor finds nothing, and stop has nothing to do.
    """
    state, _ = systemd
    state["LoadState"] = "not-found"
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("stop", unit="keystone").code == SUCCESS
    started = cluster("start", unit="keystone")
    assert (started.code, started.reason) == (
        ERR_INSTALLED,
        "keystone: unit: systemd has no usable unit keystone.service",
    )


def test_stop_ends_the_processes_of_a_unit_that_systemd_does_not_stop(cluster, machine, systemd):
    """
    If systemd does not stop the unit in time, the agent ends its processes.
    """
    cluster("start", unit="keystone")
    really = machine.programs.ask

    def ask(argv, seconds):
        if argv[1] == "stop":
            machine.sleep(seconds)
            raise TimeoutError("systemctl stop did not end in time")
        return really(argv, seconds)

    machine.programs.ask = ask
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.processes == {}


def test_a_unit_without_a_suffix_is_a_service():
    """
    A name without a suffix means NAME.service.
    """
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_unit": "apache2"}, Machine())

    assert Unit(context).name == "apache2.service"


def test_horizon_runs_in_the_web_server_that_is_there():
    """
    Horizon's unit is apache2, or httpd if only that one exists. A unit that the operator names is used as it is.
    """
    machine = Machine()
    context = Context(load("horizon"), ["horizon", "monitor"], {}, machine)
    assert Unit(context).name == "apache2.service"
    machine.files["/usr/lib/systemd/system/httpd.service"] = ""
    assert Unit(context).name == "httpd.service"
    machine.files["/lib/systemd/system/apache2.service"] = ""
    assert Unit(context).name == "apache2.service"
    del machine.files["/lib/systemd/system/apache2.service"]
    named = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_unit": "apache2"}, machine)
    assert Unit(named).name == "apache2.service"


def test_the_processes_of_a_units_sub_groups_belong_to_it(cluster, machine, systemd):
    """
    A unit may delegate groups of its own. If its main process is gone, what lives there is an error, and stop ends it.
    """
    state, _ = systemd
    cluster("start", unit="keystone")
    machine.processes.orphans_survive = True
    for pid, place in ((60, "/payload"), (61, "/payload/inner")):
        machine.groups[machine.process(pid, command="anything\0", parent=42, session=42)] = f"{KEYSTONE}{place}"
    machine.groups[machine.process(70)] = "/system.slice/other.service"
    assert cluster("monitor", unit="keystone").code == SUCCESS

    machine.kill(42)
    state["MainPID"] = "0"
    seen = cluster("monitor", unit="keystone")
    assert seen.code == ERR_GENERIC
    assert seen.reason.endswith("these processes of the daemon live: 60 61")
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert set(machine.processes) == {70}


def mute(argv, seconds):
    """A systemd, or its bus, that hangs."""
    raise TimeoutError(f"{argv[0]} did not end in {seconds:.0f} s")


def test_a_bus_that_hangs_fails_neither_probe_nor_stop(cluster, machine, systemd):
    """
    The kernel's files say who lives in the unit's group. A failed probe or stop would fence a healthy node.
    """
    machine.programs.ask = mute
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("stop", unit="keystone").code == SUCCESS

    machine.groups[machine.process(42, UWSGI)] = KEYSTONE
    machine.groups[machine.process(43, UWSGI, parent=42, session=42)] = KEYSTONE
    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.processes == {}


@pytest.mark.parametrize("name", ["..", ".", "../user.slice", "a/../../b", "-rf", "--help", "x" * 300, "a b", "ä", "*"])
def test_a_name_that_no_unit_has_is_nothing_that_runs(cluster, machine, systemd, name):
    """
    A stop with unit=.. took every process of the host for the daemon.
    """
    machine.process(42)
    assert cluster("monitor", unit=name).code == NOT_RUNNING
    assert cluster("stop", unit=name).code == SUCCESS
    assert set(machine.processes) == {42}
    assert systemd[1] == []
    for action in ("start", "validate-all"):
        seen = cluster(action, unit=name)
        assert (seen.code, seen.reason) == (ERR_CONFIGURED, f"keystone: unit: {name!r} is not the name of a unit")


def test_an_instance_of_a_template_lives_in_a_slice_of_its_own(cluster, machine, systemd):
    """
    Its stop returned 0, and it still ran.
    """
    state, _ = systemd
    machine.files["/etc/systemd/system/my-api@.service"] = ""
    group = "/system.slice/system-my\\x2dapi.slice/my-api@one.service"
    machine.groups[machine.process(42, UWSGI)] = group
    state.update(ActiveState="active", MainPID="42", ControlGroup=group)
    assert cluster("monitor", unit="my-api@one").code == SUCCESS
    machine.programs.ask = mute
    assert cluster("monitor", unit="my-api@one").code == SUCCESS
    assert cluster("stop", unit="my-api@one").code == SUCCESS
    assert machine.processes == {}


def test_an_adopted_unit_gets_its_drop_in(cluster, machine, systemd):
    """
    Otherwise Restart= would start the daemon beside the cluster. It makes no difference who found it running.
    """
    for action, interval in (("start", None), ("monitor", 1)):
        machine.programs.ask(["/usr/bin/systemctl", "start", "keystone.service"], 1)
        machine.files.pop(DROP_IN, None)

        assert cluster(action, interval=interval, watch_time="0", unit="keystone").code == SUCCESS
        assert "Restart=no" in machine.files[DROP_IN]
        assert cluster("stop", unit="keystone").code == SUCCESS
        assert DROP_IN not in machine.files


def test_a_unit_between_two_attempts_is_stopped(cluster, machine, systemd):
    """
    Nothing runs while systemd waits for RestartSec. Without a stop, it would start the unit outside the cluster.
    """
    state, calls = systemd
    state["ActiveState"] = "activating"

    assert cluster("stop", unit="keystone").code == SUCCESS
    assert "stop" in calls


def test_a_unit_that_dies_at_once_says_why(cluster, machine, systemd):
    """
    The agent starts it again, as long as there is time. The reason ends with what the unit wrote to the journal.
    """
    state, calls = systemd
    really = machine.programs.ask

    def ask(argv, seconds):
        answer = really(argv, seconds)
        if argv[1] == "start":
            machine.kill(42)
            state.update(
                ActiveState="failed", MainPID="0", Result="exit-code", ExecMainStatus=status, journal="No such key\n"
            )
        return answer

    machine.programs.ask, status = ask, "1"
    seen = cluster("start", unit="keystone")

    assert seen.code == ERR_GENERIC
    assert seen.reason == "keystone: keystone.service ended at once, exit-code (status 1): No such key (journal)"
    assert calls.count("start") > 5
    # Else systemd would refuse it: it counts the starts.
    assert calls.count("reset-failed") == calls.count("start") - 1
    status, before = "2", machine.itself.slept
    assert cluster("start", unit="keystone").code == ERR_GENERIC
    assert machine.itself.slept == before


def test_a_stopped_resource_takes_no_neighbour_down(cluster, machine, systemd):
    """
    Two services live in one web server. The last one that stops ends it; a probe of the stopped one says so.
    """
    other = {"unit": "keystone", "environ": {"OCF_RESOURCE_INSTANCE": "p_other"}}
    really = machine.programs.ask
    machine.programs.ask = lambda argv, seconds: (0, "") if "cibadmin" in argv[0] else really(argv, seconds)
    assert cluster("start", unit="keystone").code == SUCCESS
    assert cluster("monitor", **other).code == NOT_RUNNING
    assert cluster("start", **other).code == SUCCESS

    assert cluster("stop", unit="keystone").code == SUCCESS
    assert 42 in machine.processes
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("monitor", interval=1, watch_time="0", **other).code == SUCCESS
    assert "Restart=no" in machine.files["/run/systemd/system/keystone.service.d/50-openstack-keystone:p_other.conf"]

    assert cluster("stop", **other).code == SUCCESS
    assert machine.processes == {}


def test_of_two_that_stop_at_the_same_moment_the_last_ends_the_unit(cluster, machine, systemd):
    """
    A node goes to standby: each of them saw that the other has the unit, and Apache ran on.
    """
    other = {"unit": "keystone", "environ": {"OCF_RESOURCE_INSTANCE": "p_other"}}
    really, stopping = machine.programs.ask, []

    def ask(argv, seconds):
        if "cibadmin" not in argv[0]:
            return really(argv, seconds)
        if stopping == ["first"]:
            # The first one has just seen that the other has the unit.
            stopping.append("other")
            assert cluster("stop", **other).code == SUCCESS
        return 0, ""

    machine.programs.ask = ask
    assert cluster("start", unit="keystone").code == SUCCESS
    assert cluster("start", **other).code == SUCCESS
    stopping.append("first")

    assert cluster("stop", unit="keystone").code == SUCCESS
    assert stopping == ["first", "other"]
    assert machine.processes == {}


def test_a_resource_that_was_deleted_holds_no_unit(cluster, machine, systemd):
    """
    A resource may be deleted while it is unmanaged. Its drop-in stays, and must not keep the unit up for ever.
    """
    really = machine.programs.ask
    machine.programs.ask = lambda argv, seconds: (
        (105, "No such object") if "cibadmin" in argv[0] else really(argv, seconds)
    )
    cluster("start", unit="keystone")
    machine.files["/run/systemd/system/keystone.service.d/50-openstack-horizon:p_deleted.conf"] = ""

    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.processes == {}


def test_the_drop_in_of_an_earlier_version_goes_with_the_last_stop(cluster, machine, systemd):
    """
    Version 0.1.0 had one drop-in for all resources. The unit keeps running during the upgrade, and gets its Restart= back.
    """
    old = "/run/systemd/system/keystone.service.d/50-openstack-resource-agents.conf"
    machine.programs.ask(["/usr/bin/systemctl", "start", "keystone.service"], 1)
    machine.files[old] = ""

    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("monitor", interval=1, watch_time="0", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.files.keys().isdisjoint({old, DROP_IN})


def test_a_stranger_on_the_port_does_not_stop_the_start_of_a_unit(cluster, machine, systemd):
    """
    HAProxy serves the virtual IP. Only the web server's own configuration says where that one binds, so the agent warns.
    """
    machine.process(99, command="/usr/sbin/haproxy\0-Ws\0", owner=0)
    machine.network.servers_here = [(99, "10.0.0.1")]

    for url in ("", "http://10.0.0.11:5000/v3", "http://{host}:5000/v3"):
        assert cluster("validate-all", level=10, unit="keystone", url=url).code == SUCCESS
        started = cluster("start", unit="keystone", url=url)
        assert (started.code, started.reason) == (SUCCESS, "")
        warning = "port 5000 is already served by pid 99 (/usr/sbin/haproxy) at 10.0.0.1"
        assert any(warning in text for _, text in machine.itself.logged)
        assert cluster("stop", unit="keystone").code == SUCCESS


def test_a_stranger_on_the_virtual_ip_does_not_stop_the_start_of_horizon(cluster, machine):
    """
    Its unit is the web server, without any parameter.
    """
    group, running = "/system.slice/apache2.service", []
    machine.files["/run/systemd/system/a"] = machine.files["/lib/systemd/system/apache2.service"] = ""
    machine.answers("/auth/login/", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", port=80)
    machine.process(99, command="/usr/sbin/haproxy\0-Ws\0", owner=0)
    machine.network.servers_here = [(99, "10.0.0.1")]

    def ask(argv, seconds):
        if argv[1] == "start":
            machine.groups[machine.process(42, "/usr/sbin/apache2\0-k\0start\0", owner=0)] = group
            running.append(f"ActiveState=active\nMainPID=42\nControlGroup={group}\n")
        return 0, f"LoadState=loaded\n{''.join(running)}"

    machine.programs.ask = ask
    assert cluster("validate-all", agent="horizon", level=10).code == SUCCESS
    assert cluster("start", agent="horizon").code == SUCCESS
    assert any("port 80 is already served by pid 99" in text for _, text in machine.itself.logged)
