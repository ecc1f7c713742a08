"""stop: asked, forced, proved."""

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..worlds import NEUTRON, PID_FILE, UWSGI, run_keystone, run_worker


def test_stopped_already(cluster, machine):
    """
    Nothing to stop is success, and takes no time.
    """
    assert cluster("stop").code == SUCCESS
    assert machine.itself.slept == 0


def test_asks_and_waits(cluster, machine):
    """
    SIGTERM to the main process alone; its workers end with it; the pid file goes.
    """
    run_keystone(machine)

    assert cluster("stop").code == SUCCESS
    assert machine.processes.signals == [(42, "SIGTERM")]
    assert PID_FILE not in machine.files


def test_then_forces(cluster, machine):
    """
    A deaf daemon is killed while there is time left, with all its workers.
    """
    run_keystone(machine)
    machine.processes.deaf_to_term = {42, 43, 44}

    assert cluster("stop", timeout=20).code == SUCCESS
    assert (42, "SIGKILL") in machine.processes.signals
    assert machine.processes == {}
    assert machine.itself.slept < 20


def test_a_daemon_at_work_gets_15_seconds(cluster, machine):
    """
    As long as Debian's units give it, whatever longer timeout the operation has.
    """
    run_keystone(machine)
    machine.processes.deaf_to_term = {42}
    cluster("stop", timeout=300)

    assert 15 <= machine.itself.slept < 18


def test_a_mute_daemon_gets_3(cluster, machine):
    """
    A uwsgi that is still loading would take 62 s; nobody's request is lost by not waiting.
    """
    run_keystone(machine)
    machine.answers("/v3", TimeoutError())
    machine.processes.deaf_to_term = {42}
    cluster("stop", timeout=300)

    assert machine.itself.slept < 10


def test_failure_needs_a_living_process(cluster, machine):
    """
    One that survives SIGKILL fails stop, is named, and is the only thing that can.
    """
    run_keystone(machine, workers=())
    machine.processes.deaf_to_term = machine.processes.deaf_to_kill = {42}

    seen = cluster("stop", timeout=20)

    assert seen.code == ERR_GENERIC
    assert seen.reason == "keystone: still alive after SIGKILL: pid 42 (S)"
    assert machine.itself.slept < 20


def test_needs_nothing_but_the_process(cluster, machine):
    """
    No program, configuration, account, sensible parameter or secret: stop still stops.
    """
    run_keystone(machine)
    machine.files.clear()
    machine.files[PID_FILE] = "42\n"
    machine.programs.clear()
    machine.processes.accounts.clear()

    nonsense = {"watch_time": "x", "url": "y", "insecure": "z", "additional_parameters": "'", "os_password": "lrm://"}
    assert cluster("stop", **nonsense).code == SUCCESS
    assert machine.processes == {}


def test_orphans_of_a_killed_parent(cluster, machine):
    """
    Workers that outlived their master are found by what they are, and ended.
    """
    run_keystone(machine)
    machine.processes.orphans_survive = True
    machine.kill(42)

    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_a_recycled_pid_is_never_signalled(cluster, machine):
    """
    The number went to a stranger between our look and our signal: the start time tells.
    """
    run_keystone(machine, workers=())
    really = machine.processes.signal

    def recycled(pid, start, name):
        machine.processes[pid].start += 5
        machine.processes[pid].command = "stranger\0"
        really(pid, start, name)

    machine.processes.signal = recycled
    assert cluster("stop").code == SUCCESS
    assert machine.processes.signals == []
    assert 42 in machine.processes


def test_two_daemons_are_both_ended(cluster, machine):
    """
    A second daemon of the same configuration goes with the first.
    """
    run_keystone(machine)
    machine.process(80, command=UWSGI)

    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_routers_go_on_without_their_agent(machine, cluster):
    """
    Stop ends the agent and its own workers, and nothing that they started for the tenants.
    """
    run_worker(machine, "neutron-l3-agent", NEUTRON)
    keepalived = machine.process(60, command="keepalived\0-P\0", parent=42, mark="neutron-l3-agent/p_neutron-l3-agent")
    machine.processes.orphans_survive = True

    assert cluster("stop", agent="neutron-l3-agent").code == SUCCESS
    assert set(machine.processes) == {keepalived}
