"""A daemon that systemd runs for us."""

import pytest

from ocf_lib.codes import ERR_GENERIC, ERR_INSTALLED, NOT_RUNNING, SUCCESS
from ocf_lib.context import Context
from ocf_lib.daemon.unit import Unit

from ..conftest import SERVICE, load
from ..double import Machine
from ..worlds import UWSGI


def test_a_unit_runs_without_its_restart_policy_and_gets_it_back(cluster, machine, systemd):
    """
    The agent starts the unit, finds it by its control group, and stops it.
    """
    _, calls = systemd
    drop_in = "/run/systemd/system/keystone.service.d/50-openstack-resource-agents.conf"
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("start", unit="keystone").code == SUCCESS
    assert "Restart=no" in machine.files[drop_in]
    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert drop_in not in machine.files
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


@pytest.mark.parametrize("root", ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"])
def test_the_processes_of_a_units_sub_groups_belong_to_it(cluster, machine, systemd, root):
    """
    A unit may delegate groups of its own. If its main process is gone, what lives there is an error, and stop ends it.
    """
    state, _ = systemd
    group = "/system.slice/keystone.service"
    state.update(MainPID="42", ControlGroup=group)
    machine.process(42, UWSGI)
    machine.processes.orphans_survive = True
    for pid, place in ((42, ""), (60, "/payload"), (61, "/payload/inner")):
        if pid not in machine.processes:
            machine.process(pid, command="anything\0", parent=42, session=42)
        machine.files[f"{root}{group}{place}/cgroup.procs"] = f"{pid}\n"
    machine.files[f"{root}/system.slice/other.service/cgroup.procs"] = f"{machine.process(70)}\n"
    assert cluster("monitor", unit="keystone").code == SUCCESS

    machine.kill(42)
    state["MainPID"] = "0"
    seen = cluster("monitor", unit="keystone")
    assert seen.code == ERR_GENERIC
    assert seen.reason.endswith("these processes of the daemon live: 60 61")
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert set(machine.processes) == {70}


@pytest.mark.parametrize("action", ["monitor", "stop"])
def test_a_sub_group_that_cannot_be_read_fails_nothing(cluster, machine, systemd, action):
    """
    A group may go between two looks, and the kernel does not let anybody read a threaded one.
    """
    cluster("start", unit="keystone")
    path = "/sys/fs/cgroup/system.slice/keystone.service/payload/cgroup.procs"
    machine.files[path] = ""
    machine.files.broken[path] = "No such device"

    assert cluster(action, unit="keystone").code == SUCCESS
