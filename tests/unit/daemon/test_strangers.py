"""Neighbours that are close to a daemon: other resources, the tenants' programs, other slices, stale records."""

import pytest

from ocf_lib.codes import ERR_GENERIC, NOT_RUNNING, SUCCESS
from ocf_lib.host import Host

from ..worlds import NEUTRON, RUN, UWSGI, run_keystone, run_worker
from .conftest import KEYSTONE


def mute(argv, seconds):
    """A systemd that hangs."""
    raise TimeoutError(f"{argv[0]} did not end in {seconds:.0f} s")


@pytest.fixture
def in_the_cluster(machine, systemd):
    """Whatever resource is asked for, the cluster has it."""
    really = machine.programs.ask
    machine.programs.ask = lambda argv, seconds: (0, "") if "cibadmin" in argv[0] else really(argv, seconds)


def named(name, **more):
    """The environment of a resource of this name."""
    return {"environ": {"OCF_RESOURCE_INSTANCE": name, **more}}


def worker(machine, name, config="/etc/nova/nova.conf") -> None:
    """A host that can run a worker, which does not run."""
    run_worker(machine, name, config)
    machine.processes.clear()
    machine.files.pop(f"{RUN}/p_{name}.pid")
    for pid in (42, 501, 502):
        machine.connects(pid, "192.0.2.5", 5672)


def test_a_unit_in_another_slice_is_found_while_systemd_hangs(cluster, machine, systemd):
    """
    Its stop returned 0 with the daemon alive, and the probe said 7.
    """
    state, _ = systemd
    really, group = machine.programs.ask, "/openstack.slice/keystone.service"

    def ask(argv, seconds):
        answer = really(argv, seconds)
        if argv[1] == "start":
            machine.groups[42] = state["ControlGroup"] = group
        return answer

    machine.programs.ask = ask
    assert cluster("start", unit="keystone").code == SUCCESS
    machine.programs.ask = mute

    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.processes == {}


def test_a_generated_unit_in_another_slice_is_found(cluster, machine, systemd):
    """
    The unit of a podman quadlet lies in the directory of the generators.
    """
    state, _ = systemd
    del machine.files["/lib/systemd/system/keystone.service"]
    machine.files["/run/systemd/generator/keystone.service"] = ""
    group = "/openstack.slice/keystone.service"
    machine.groups[machine.process(42, UWSGI)] = group
    state.update(ActiveState="active", MainPID="42", ControlGroup=group)

    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.processes == {}


def test_a_stop_of_a_network_agents_unit_leaves_the_tenants_programs(cluster, machine, systemd):
    """
    The units of the distributions have KillMode=process for this reason.
    """
    name, (state, _) = "neutron-dhcp-agent", systemd
    worker(machine, name, NEUTRON)
    group = f"/system.slice/{name}.service"
    machine.files[f"/lib/systemd/system/{name}.service"] = ""
    machine.processes.orphans_survive = True
    command = f"/usr/bin/python3\0/usr/bin/{name}\0--config-file={NEUTRON}\0"
    machine.groups[machine.process(42, command)] = group
    for pid, program in ((60, "dnsmasq"), (61, "haproxy"), (62, "/usr/bin/python3\0/bin/privsep-helper")):
        machine.groups[machine.process(pid, f"{program}\0", parent=42, session=42, owner=0)] = group
    state.update(ActiveState="active", MainPID="42", ControlGroup=group)
    really = machine.programs.ask

    def ask(argv, seconds):
        if argv[1] == "stop":
            machine.kill(42)
            state.update(ActiveState="inactive", MainPID="0")
            return 0, ""
        return really(argv, seconds)

    machine.programs.ask = ask
    assert cluster("monitor", agent=name, unit=name).code == SUCCESS
    assert cluster("stop", agent=name, unit=name).code == SUCCESS
    assert set(machine.processes) == {60, 61}


def test_a_unit_is_not_started_beside_another_worker(cluster, machine, systemd):
    """
    systemd runs a unit once, but it does not know the worker that somebody else launched.
    """
    worker(machine, "cinder-volume", "/etc/cinder/cinder.conf")
    machine.process(70, "/usr/bin/python3\0/usr/bin/cinder-volume\0--config-file=/etc/cinder/cinder.conf\0")

    seen = cluster("start", agent="cinder-volume", unit="keystone")

    assert (seen.code, seen.reason) == (ERR_GENERIC, "cinder-volume: pid 70 already runs this program")


def test_a_record_of_a_unit_means_nothing_without_the_unit(cluster, machine, systemd):
    """
    unit= was taken away while the resource was unmanaged: its stop must not end a web server that others have.
    """
    assert cluster("start", unit="keystone").code == SUCCESS
    machine.processes[42].command = "/usr/sbin/apache2\0-k\0start\0"
    machine.groups[42] = "/system.slice/apache2.service"

    assert cluster("monitor").code == NOT_RUNNING
    assert cluster("stop").code == SUCCESS
    assert set(machine.processes) == {42}


def test_a_name_outside_ascii_holds_a_unit(cluster, machine, in_the_cluster):
    """
    The cluster cannot be asked for it, so it may be there.
    """
    assert cluster("start", unit="keystone", **named("p_a")).code == SUCCESS
    assert cluster("start", unit="keystone", **named("p_schlüssel")).code == SUCCESS

    assert cluster("stop", unit="keystone", **named("p_a")).code == SUCCESS
    assert 42 in machine.processes


def test_a_very_long_name_gets_a_scope_and_a_drop_in(cluster, machine, healthy, systemd):
    """
    The name of a unit has at most 255 characters.
    """
    assert cluster("start", **named("ж" * 200)).code == SUCCESS
    assert len(machine.groups[501].rpartition("/")[2]) < 256
    assert cluster("stop", **named("ж" * 200)).code == SUCCESS
    assert machine.processes == {}


def test_a_stale_record_hides_no_daemon(cluster, machine, in_the_cluster):
    """
    The record of another resource names a pid that is now ours.
    """
    run_keystone(machine)
    machine.files[f"{RUN}/p_old.launched"] = "42 7 42 -\n"

    assert cluster("monitor").code == SUCCESS


def test_a_record_of_a_deleted_resource_hides_no_unit(cluster, machine, systemd):
    """
    It had adopted the unit, and systemd has restarted it since.
    """
    really = machine.programs.ask
    machine.programs.ask = lambda argv, seconds: (105, "") if "cibadmin" in argv[0] else really(argv, seconds)
    run_keystone(machine)
    for pid in (42, 43, 44):
        machine.groups[pid] = KEYSTONE
    machine.files[f"{RUN}/p_old.launched"] = f"30 7 30 {KEYSTONE}\n"

    assert cluster("monitor").code == SUCCESS


@pytest.mark.parametrize("config", [NEUTRON, "/etc/neutron/region1.conf"])
def test_a_worker_of_a_network_agent_does_not_survive(cluster, machine, systemd, config):
    """
    Its title names no configuration, but it was born in the agent's scope.
    """
    name = "neutron-dhcp-agent"
    worker(machine, name, config)
    machine.files["/etc/neutron/dhcp_agent.ini"] = ""
    machine.processes.orphans_survive = True
    assert cluster("start", agent=name, config=config).code == SUCCESS
    title = f"{name}: ServiceWrapper worker(0)\0"
    machine.groups[machine.process(600, title, parent=501, session=501)] = machine.groups[501]
    machine.kill(501)

    assert cluster("monitor", agent=name, config=config).code == ERR_GENERIC
    assert cluster("stop", agent=name, config=config).code == SUCCESS
    assert machine.processes == {}


def test_a_clone_in_another_form_is_no_second_writer(cluster, machine, in_the_cluster):
    """
    globally-unique was set while the clone was unmanaged.
    """
    worker(machine, "cinder-volume", "/etc/cinder/cinder.conf")
    assert cluster("start", agent="cinder-volume", **named("p_vol")).code == SUCCESS

    unique = named("p_vol:0", OCF_RESKEY_CRM_meta_globally_unique="true")
    seen = cluster("start", agent="cinder-volume", **unique)
    assert seen.reason.endswith("for p_vol, the same resource in another form")
    assert len(machine.programs.launched) == 1


def test_a_systemd_that_hangs_once_is_asked_again(cluster, machine, systemd):
    """
    A drop-in that systemd has not read does not switch Restart= off.
    """
    _, calls = systemd
    machine.programs.ask(["/usr/bin/systemctl", "start", "keystone.service"], 1)
    really = machine.programs.ask
    machine.programs.ask = lambda argv, seconds: (
        mute(argv, seconds) if argv[1] == "daemon-reload" else really(argv, seconds)
    )
    assert cluster("monitor", interval=1, watch_time="0", unit="keystone").code == SUCCESS
    machine.programs.ask = really
    calls.clear()

    assert cluster("monitor", interval=1, watch_time="0", unit="keystone").code == SUCCESS
    assert calls.count("daemon-reload") == 1


def test_the_top_group_is_nobodys_own(cluster, machine):
    """
    A damaged record with "/" made every process of the host the daemon.
    """
    run_keystone(machine, workers=())
    machine.process(70)
    machine.files[f"{RUN}/p_keystone.launched"] = "42 420 42 /\n"

    assert cluster("stop").code == SUCCESS
    assert set(machine.processes) == {70}


def test_a_program_that_closes_its_output_and_goes_on_is_abandoned():
    """
    One whose disk hangs does not even end with SIGKILL, and every question to systemd is asked like this.
    """
    began = Host().itself.now()
    with pytest.raises(TimeoutError):
        Host().programs.ask(["/bin/sh", "-c", "exec > /dev/null 2>&1; sleep 600"], 0.5)
    assert Host().itself.now() - began < 60
