"""stop: asked, forced, proved."""

import pytest

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from .worlds import PID_FILE, UWSGI, run_keystone


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


def test_children_that_left(cluster, machine):
    """
    A helper that changed its command line and its session is known as a child, or by its mark.
    """
    run_keystone(machine)
    machine.process(60, command="helper\0", parent=43)
    machine.process(61, command="other\0", mark="keystone/p_keystone")
    machine.processes.orphans_survive = True
    machine.processes.deaf_to_term = {60, 61}

    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_strangers_are_never_signalled(cluster, machine):
    """
    Not the one our pid file names, nor those that only look like the daemon.
    """
    machine.files[PID_FILE] = "50\n"
    machine.process(50, command="/usr/bin/sleep\x00600\0", owner=0)
    machine.process(51, command="vi\0/etc/keystone/keystone-uwsgi.ini\0", owner=0)
    machine.process(52, command="/usr/bin/uwsgi_python3\0--ini\0/etc/nova/nova-api-uwsgi.ini\0")
    machine.process(53, UWSGI, owner=1000)
    machine.process(54, UWSGI, here=False)
    machine.process(55, UWSGI, mark="keystone/another")
    machine.process(56, command="grep\0uwsgi\0/etc/keystone/keystone-uwsgi.ini\0")
    machine.process(57, UWSGI, state="Z")

    assert cluster("stop").code == SUCCESS
    assert machine.processes.signals == []


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


@pytest.mark.parametrize("content", ["", "0", "1", "-1", "x", "99999999999999999999", "٤٢", "42 43", "\0"])
def test_the_daemon_is_found_whatever_the_pid_file_says(cluster, machine, content):
    """
    A lost or damaged pid file hides nothing.
    """
    run_keystone(machine, file=None)
    machine.files[PID_FILE] = content

    assert cluster("monitor").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_stopped_daemons_are_continued(cluster, machine):
    """
    A process in state T gets its SIGTERM when it is continued.
    """
    run_keystone(machine, workers=())
    machine.processes[42].state = "T"

    assert cluster("stop").code == SUCCESS
    assert machine.processes.signals == [(42, "SIGTERM"), (42, "SIGCONT")]


def test_an_old_agents_daemon(cluster, machine):
    """
    Started by hand or by an old agent with another program: found by program and configuration.
    """
    command = "/usr/bin/python3\0/usr/bin/keystone-all\0--config-file\0/etc/keystone/keystone.conf\0"
    machine.process(70, command=command, session=69)
    machine.files[PID_FILE] = "70\n"

    assert cluster("monitor", binary="keystone-all").code == SUCCESS
    assert cluster("monitor").code == 7
    assert cluster("stop", binary="keystone-all").code == SUCCESS
    assert machine.processes == {}


def test_titles_with_blanks(cluster, machine):
    """
    A daemon that rewrites its command line into a title is recognised by the words in it.
    """
    title = "keystone-all: worker (/usr/bin/python3 /usr/bin/keystone-all --config-file=/etc/keystone/keystone.conf)"
    machine.process(70, command=title)

    assert cluster("monitor", binary="/usr/bin/keystone-all").code == SUCCESS


def test_a_pid_file_that_cannot_be_removed(cluster, machine):
    """
    Nothing but a living process makes stop fail.
    """
    run_keystone(machine)
    machine.files.broken[PID_FILE] = "Read-only file system"

    assert cluster("stop").code == SUCCESS


def test_two_daemons_are_both_ended(cluster, machine):
    """
    A second daemon of the same configuration goes with the first.
    """
    run_keystone(machine)
    machine.process(80, command=UWSGI)

    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}
