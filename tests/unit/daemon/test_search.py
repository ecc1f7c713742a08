"""What is the daemon by construction: its control group, its session, its launch record."""

import pytest

from ocf_lib.codes import ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..worlds import NEUTRON, NOVA, PID_FILE, RUN, UWSGI, run_keystone, run_worker

RECORD = f"{RUN}/p_keystone.launched"
SCOPE = "/system.slice/openstack-keystone:p_keystone-501.5010.scope"


@pytest.fixture
def nova(machine, cluster):
    """A host that can run nova-compute, for several resources."""
    run_worker(machine, "nova-compute")
    machine.kill(43)
    machine.kill(42)
    machine.files.pop(f"{RUN}/p_nova-compute.pid")
    machine.connects(501, "192.0.2.5", 5672)
    machine.connects(502, "192.0.2.5", 5672)

    def perform(action, name="p_nova-compute", **more):
        return cluster(action, agent="nova-compute", environ={"OCF_RESOURCE_INSTANCE": name}, **more)

    return perform


def retitle(machine, *pids, title="keystone uWSGI worker 1"):
    """What setproctitle and uwsgi's auto-procname do: command line and environment are overwritten."""
    for pid in pids:
        machine.processes[pid].command = f"{title}\0\0\0"
        machine.processes[pid].mark = ""


def test_a_launched_daemon_has_a_scope_and_a_record(cluster, machine, systemd):
    """
    The pid file still holds nothing but the pid, as tools and old agents expect.
    """
    assert cluster("start").code == SUCCESS
    assert machine.files[RECORD] == f"501 5010 501 {SCOPE}\n"
    assert machine.files[PID_FILE] == "501\n"
    assert machine.groups[501] == SCOPE

    assert cluster("stop").code == SUCCESS
    assert machine.files.keys().isdisjoint({RECORD, PID_FILE})


@pytest.mark.parametrize("trouble", ["no systemd", "hangs", "refuses"])
def test_without_systemd_the_session_of_the_daemon_serves(cluster, machine, healthy, systemd, trouble):
    """
    A systemd that is absent, hangs or refuses is no reason to fail a start, and stop still ends every process.
    """
    if trouble == "no systemd":
        del machine.files["/run/systemd/system/a"]

    def ask(argv, seconds):
        if trouble == "hangs":
            machine.sleep(seconds)
            raise TimeoutError(f"{argv[0]} did not end in {seconds:.0f} s")
        return 1, "Access denied\n"

    machine.programs.ask = ask
    assert cluster("start").code == SUCCESS
    assert machine.files[RECORD] == "501 5010 501 -\n"
    helper = machine.process(600, command="privsep-helper\0", parent=501, session=501, owner=0)
    machine.processes[helper].parent = 1
    retitle(machine, 501)

    assert cluster("monitor").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_a_daemon_that_rewrites_its_title_does_not_survive_stop(cluster, machine, systemd):
    """
    uwsgi with auto-procname: no command line, no mark, and three processes that stop must end.
    """
    cluster("start")
    for pid in (601, 602):
        machine.groups[machine.process(pid, UWSGI, parent=501, session=501)] = SCOPE
    retitle(machine, 501, 601, 602)

    assert cluster("monitor").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_workers_with_a_title_of_their_own_are_seen_when_their_parent_is_killed(cluster, machine, systemd):
    """
    cotyledon's orphans: the probe says 1 and not 7, as Pacemaker starts after 7 without a stop.
    """
    cluster("start")
    machine.processes.orphans_survive = True
    machine.groups[machine.process(601, UWSGI, parent=501, session=501)] = SCOPE
    retitle(machine, 501, 601)
    machine.kill(501)

    assert cluster("monitor").code == ERR_GENERIC
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


@pytest.mark.parametrize("lost", ["record", "group", "nothing"])
def test_a_root_helper_that_outlives_the_daemon_is_seen_and_ended(cluster, machine, systemd, lost):
    """
    oslo.privsep: parent 1, owner root, no mark, other program. It would write to the volume beside the next node.
    """
    cluster("start")
    machine.processes.orphans_survive = True
    for pid, parent in ((601, 501), (602, 601)):
        machine.process(pid, command="privsep-helper\0", parent=parent, session=501, owner=0)
        if lost != "group":
            machine.groups[pid] = SCOPE
    machine.kill(501)
    if lost == "record":
        del machine.files[RECORD]

    assert cluster("monitor").code == ERR_GENERIC
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_the_name_of_its_scope_tells_the_leader_if_record_and_pid_file_are_lost(cluster, machine, systemd):
    """
    A full or read-only /run loses both, and the title says nothing.
    """
    machine.files.broken.update({RECORD: "No space left on device", PID_FILE: "No space left on device"})
    assert cluster("start").code == SUCCESS
    retitle(machine, 501)

    assert cluster("monitor").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_two_resources_of_one_configuration_are_two(machine, nova, systemd):
    """
    Two nova-compute for ironic differ in additional_parameters. Each starts, watches and stops its own.
    """
    ask = machine.programs.ask
    machine.programs.ask = lambda argv, seconds: (0, "<xml/>") if "cibadmin" in argv[0] else ask(argv, seconds)
    assert nova("start", "ironic1", additional_parameters="--config-dir /etc/nova/1").code == SUCCESS
    assert nova("start", "ironic2", additional_parameters="--config-dir /etc/nova/2").code == SUCCESS
    assert len(machine.programs.launched) == 2
    retitle(machine, 501, 502, title="nova-compute: ServiceWrapper worker(0)")

    assert nova("stop", "ironic1").code == SUCCESS
    assert set(machine.processes) == {502}
    assert nova("monitor", "ironic1").code == NOT_RUNNING
    assert nova("monitor", "ironic2").code == SUCCESS


@pytest.mark.parametrize(("cluster_says", "code"), [(0, NOT_RUNNING), (102, NOT_RUNNING), (105, SUCCESS)])
def test_an_adopted_daemon_belongs_to_the_resource_that_adopted_it(machine, nova, cluster_says, code):
    """
    A mark of nobody is no proof: another resource's record names this very process. A deleted resource has nothing.
    """
    machine.process(70, command=f"/usr/bin/nova-compute\0--config-file={NOVA}\0", owner=64)
    machine.process(71, command=f"/usr/bin/nova-compute\0--config-file={NOVA}\0", owner=64, parent=70, session=70)
    machine.connects(70, "192.0.2.5", 5672)
    assert nova("monitor", "first", interval=1, watch_time="0").code == SUCCESS
    machine.programs.ask = lambda argv, seconds: (cluster_says, "")

    assert nova("monitor", "second").code == code
    assert nova("stop", "second").code == SUCCESS
    assert set(machine.processes) == ({70, 71} if code == NOT_RUNNING else set())


@pytest.mark.parametrize(
    ("cluster_says", "reason"),
    [
        ((105, ""), "pid 501 already runs this program, for p_old, which is no resource of this cluster"),
        ((102, ""), "pid 501 already runs this program, for p_old, and the cluster does not say whether it has that"),
    ],
)
def test_a_second_worker_is_not_launched_beside_a_forgotten_one(machine, nova, systemd, cluster_says, reason):
    """
    A resource was deleted while it was unmanaged, and made anew under another name: two writers on one volume.
    """
    ask = machine.programs.ask
    machine.programs.ask = lambda argv, seconds: cluster_says if "cibadmin" in argv[0] else ask(argv, seconds)
    nova("start", "p_old")
    seen = nova("start", "p_new")

    assert (seen.code, seen.reason) == (ERR_GENERIC, f"nova-compute: {reason}")
    assert len(machine.programs.launched) == 1


def test_a_second_worker_is_not_launched_beside_one_with_another_configuration(machine, nova):
    """
    Somebody started a worker by hand, from a copy of the configuration.
    """
    machine.process(70, command="/usr/bin/python3\0-s\0/usr/bin/nova-compute\0--config-file\0/root/nova.conf\0")

    assert nova("start").reason == "nova-compute: pid 70 already runs this program"
    assert machine.programs.launched == []


def test_a_worker_belongs_to_the_daemon_of_its_living_parent(machine, nova):
    """
    Beside the resource, somebody runs the program for another cell. A worker's title names no configuration.
    """
    assert nova("start").code == SUCCESS
    cell = "nova-compute: master process [/opt/nova/bin/nova-compute --config-file=/etc/nova/cell1.conf]\0\0"
    machine.process(70, command=cell, owner=64, session=70)
    machine.process(71, command="nova-compute: ServiceWrapper worker(0)\0\0", owner=64, parent=70, session=70)

    assert nova("stop").code == SUCCESS
    assert set(machine.processes) == {70, 71}
    assert nova("monitor").code == NOT_RUNNING


def test_what_serves_the_tenants_lives_on_in_the_old_scope(machine, cluster, systemd):
    """
    Stop ends the DHCP agent and its root helpers. The next start gets a scope of its own beside the old one.
    """
    name = "neutron-dhcp-agent"
    run_worker(machine, name, NEUTRON)
    machine.processes.clear()
    machine.files[f"{RUN}/p_{name}.pid"] = ""
    machine.files["/etc/neutron/dhcp_agent.ini"] = ""
    machine.processes.orphans_survive = True
    machine.connects(501, "192.0.2.5", 5672)
    machine.connects(502, "192.0.2.5", 5672)
    assert cluster("start", agent=name).code == SUCCESS
    scope = machine.groups[501]
    commands = {
        601: "/usr/bin/python3\0/usr/bin/neutron-rootwrap-daemon\0/etc/neutron/rootwrap.conf\0",
        602: "/usr/bin/python3\0/usr/bin/privsep-helper\0--privsep_context\0neutron.privileged.default\0",
        603: "dnsmasq\0--no-hosts\0--pid-file=/var/lib/neutron/dhcp/1/pid\0",
        604: "/usr/bin/python3\0/usr/bin/neutron-keepalived-state-change\0--router_id=1\0",
    }
    for pid, command in commands.items():
        machine.groups[machine.process(pid, command, parent=501, session=501, owner=0)] = scope
    machine.processes[501].command = "neutron-dhcp-agent\0\0"

    assert cluster("stop", agent=name).code == SUCCESS
    assert set(machine.processes) == {603, 604}
    assert cluster("monitor", agent=name).code == NOT_RUNNING

    assert cluster("start", agent=name).code == SUCCESS
    assert machine.groups[502] not in ("", scope)
    assert cluster("stop", agent=name).code == SUCCESS
    assert set(machine.processes) == {603, 604}


def test_a_daemon_of_an_earlier_version_keeps_running_after_the_upgrade(machine, cluster, systemd):
    """
    It has a mark and a pid file, and no record or scope. The first monitor writes the record, and nothing restarts.
    """
    run_keystone(machine)
    for pid in (42, 43, 44):
        machine.processes[pid].mark = "keystone/p_keystone"

    assert cluster("monitor").code == SUCCESS
    assert cluster("monitor", interval=1, watch_time="0").code == SUCCESS
    assert machine.files[RECORD] == "42 420 42 -\n"
    assert machine.processes.signals == []
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_a_recycled_session_is_not_taken_for_the_daemons(machine, cluster):
    """
    The record is old, and its pid now leads the session of a stranger.
    """
    machine.files[RECORD] = "42 7 42 -\n"
    machine.process(42, command="/usr/bin/backup\0", owner=0)
    machine.process(43, command="/usr/bin/tar\0", owner=0, parent=42, session=42)

    assert cluster("monitor").code == NOT_RUNNING
    assert cluster("stop").code == SUCCESS
    assert set(machine.processes) == {42, 43}


@pytest.mark.parametrize(
    "text", ["", "x", "42", "1 1 1 -", "42 420 x -", "42 420 42 - -", "42 -1 42 -", "\0", "٤٢ 1 1 -"]
)
def test_a_damaged_record_hides_nothing(machine, cluster, text):
    """
    The daemon is then found by its pid file and its looks.
    """
    run_keystone(machine)
    machine.files[RECORD] = text

    assert cluster("monitor").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_a_unit_of_the_distribution_tells_its_processes_whatever_their_titles(machine, cluster, systemd):
    """
    Debian's unit with auto-procname in the ini: the daemon is adopted, and stop ends all of it.
    """
    state, _ = systemd
    group = "/system.slice/keystone.service"
    for pid, parent in ((42, 1), (43, 42)):
        machine.process(pid, UWSGI, parent=parent, session=42)
        machine.groups[pid] = group
    retitle(machine, 42, 43)
    state.update(ActiveState="active", MainPID="42")

    assert cluster("monitor").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_a_unit_between_two_attempts_is_stopped(machine, cluster, systemd):
    """
    An adopted daemon was killed, and systemd waits for RestartSec. It would start it outside the cluster.
    """
    state, calls = systemd
    state["ActiveState"] = "activating"

    assert cluster("stop").code == SUCCESS
    assert "stop" in calls


def test_a_stuck_stranger_does_not_hang_stop(machine, cluster, monkeypatch):
    """
    The kernel does not answer for the command line of a process whose memory is stuck: ps hangs, too.
    """
    stuck = {machine.process(70, owner=1000), machine.process(71, owner=0, name="qemu-img")}
    for name in ("command", "mark"):
        really = getattr(machine.processes, name)

        def asked(pid, name=name, really=really):
            assert pid not in stuck, f"{name} of pid {pid} never answers"
            return really(pid)

        monkeypatch.setattr(machine.processes, name, asked)
    run_keystone(machine)

    assert cluster("monitor").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert set(machine.processes) == stuck


def test_a_run_that_ends_by_itself_is_no_daemon(machine, cluster):
    """
    "swift-object-replicator CONF once" comes from cron. It is neither seen nor signalled, and hinders no start.
    """
    config = "/etc/swift/object-server.conf"
    machine.processes.accounts["swift"] = (64, 64, "/")
    machine.programs.add("/usr/bin/swift-object-replicator")
    machine.files[config] = ""
    once = machine.process(70, command=f"/usr/bin/python3\0/usr/bin/swift-object-replicator\0{config}\0once\0")
    agent = {"agent": "swift-daemon", "daemon": "object-replicator"}

    assert cluster("monitor", **agent).code == NOT_RUNNING
    assert cluster("start", **agent).code == SUCCESS
    assert cluster("stop", **agent).code == SUCCESS
    assert set(machine.processes) == {once}


def test_without_the_account_only_what_is_proven_is_the_daemon(machine, cluster):
    """
    A container of Kolla shares the processes of the host, and its nova-conductor has an account of its own.
    """
    run_worker(machine, "nova-conductor")
    del machine.processes.accounts["nova"]
    machine.files[f"{RUN}/p_nova-conductor.pid"] = ""

    assert cluster("monitor", agent="nova-conductor").code == NOT_RUNNING
    assert cluster("stop", agent="nova-conductor").code == SUCCESS
    assert set(machine.processes) == {42, 43}


def test_debians_unit_of_masakaris_monitor_is_known_though_it_reads_another_file(machine, cluster, systemd):
    """
    Debian's script passes masakari.conf alone, and the agent passes masakarimonitors.conf, too.
    """
    machine.processes.accounts["masakari"] = (64, 64, "/")
    program = "/usr/bin/python3\0/usr/bin/masakari-hostmonitor\0--config-file=/etc/masakari/masakari.conf\0"
    machine.process(42, program)
    machine.groups[42] = "/system.slice/masakari-host-monitor.service"

    assert cluster("monitor", agent="masakari-host-monitor", interval=1).code == SUCCESS
