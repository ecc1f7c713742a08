"""stop: asked, forced, proved."""

import pytest

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..worlds import NEUTRON, PID_FILE, UWSGI, run_keystone, run_worker


def test_stop_of_a_stopped_service_succeeds_at_once(cluster, machine):
    """
    If there is nothing to stop, stop takes no time.
    """
    assert cluster("stop").code == SUCCESS
    assert machine.itself.slept == 0


def test_stop_asks_the_main_process_alone(cluster, machine):
    """
    Stop sends SIGTERM to the main process only, waits for its workers, and removes the pid file.
    """
    run_keystone(machine)

    assert cluster("stop").code == SUCCESS
    assert machine.processes.signals == [(42, "SIGTERM")]
    assert PID_FILE not in machine.files


def test_stop_kills_a_daemon_that_ignores_sigterm(cluster, machine):
    """
    Stop kills the daemon and all its workers while there is time left.
    """
    run_keystone(machine)
    machine.processes.deaf_to_term = {42, 43, 44}

    assert cluster("stop", timeout=20).code == SUCCESS
    assert (42, "SIGKILL") in machine.processes.signals
    assert machine.processes == {}
    assert machine.itself.slept < 20


@pytest.mark.parametrize(("timeout", "seconds"), [(5, 2.7), (20, 10.8), (60, 15), (120, 69), (600, 501), (1800, 1581)])
def test_a_daemon_at_work_gets_what_the_operator_allows(cluster, machine, timeout, seconds):
    """
    With the usual timeout it gets 15 s, as from Debian's units. With more, only the time to kill and to prove is kept.
    """
    run_keystone(machine)
    machine.processes.deaf_to_term = {42}

    assert cluster("stop", timeout=timeout).code == SUCCESS
    assert machine.processes == {}
    assert seconds <= machine.itself.slept < seconds + 3


def test_a_compute_node_may_take_minutes_to_drain(cluster, machine):
    """
    A nova-compute that waits 160 s for a migration is not killed if the operator gave the stop half an hour.
    """
    run_worker(machine, "nova-compute")
    machine.processes.seconds_to_end = 160

    assert cluster("stop", agent="nova-compute", timeout=1800).code == SUCCESS
    assert machine.processes.signals == [(42, "SIGTERM")]


def test_a_mute_daemon_gets_3_seconds_to_end(cluster, machine):
    """
    A uwsgi that is still loading would take 62 s. No request is lost if stop does not wait.
    """
    run_keystone(machine)
    machine.answers("/v3", TimeoutError())
    machine.processes.deaf_to_term = {42}
    cluster("stop", timeout=300)

    assert machine.itself.slept < 10


def test_stop_fails_only_if_a_process_survives_sigkill(cluster, machine):
    """
    The reason names the process.
    """
    run_keystone(machine, workers=())
    machine.processes.deaf_to_term = machine.processes.deaf_to_kill = {42}

    seen = cluster("stop", timeout=20)

    assert seen.code == ERR_GENERIC
    assert seen.reason == "keystone: still alive after SIGKILL: pid 42 (S)"
    assert machine.itself.slept < 20


def test_stop_needs_no_program_configuration_account_or_sane_parameter(cluster, machine):
    """
    Stop ends the daemon whatever else is missing or wrong.
    """
    run_keystone(machine)
    machine.files.clear()
    machine.files[PID_FILE] = "42\n"
    machine.programs.clear()
    machine.processes.accounts.clear()

    nonsense = {"watch_time": "x", "url": "y", "insecure": "z", "additional_parameters": "'", "os_password": "lrm://"}
    assert cluster("stop", **nonsense).code == SUCCESS
    assert machine.processes == {}


def test_stop_ends_orphans_of_a_killed_parent(cluster, machine):
    """
    The agent knows workers that outlived their parent by what they run.
    """
    run_keystone(machine)
    machine.processes.orphans_survive = True
    machine.kill(42)

    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_a_recycled_pid_is_never_signalled(cluster, machine):
    """
    A stranger got the number between look and signal: its start time differs.
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


def test_stop_ends_a_second_daemon_of_the_same_configuration(cluster, machine):
    """
    Two daemons of one configuration both end.
    """
    run_keystone(machine)
    machine.process(80, command=UWSGI)

    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_stop_leaves_what_a_network_agent_runs_for_tenants(machine, cluster):
    """
    Stop ends the agent and its own workers, and nothing that they started for the tenants.
    """
    run_worker(machine, "neutron-l3-agent", NEUTRON)
    keepalived = machine.process(60, command="keepalived\0-P\0", parent=42, mark="neutron-l3-agent/p_neutron-l3-agent")
    machine.processes.orphans_survive = True

    assert cluster("stop", agent="neutron-l3-agent").code == SUCCESS
    assert set(machine.processes) == {keepalived}


def test_stop_resolves_no_name(cluster, machine):
    """
    If the servers for names are silent, a question to the API would take the time that SIGKILL needs.
    """
    run_keystone(machine)
    machine.processes.deaf_to_term = {42}
    machine.network.silent_names = {"controller1"}

    assert cluster("stop", timeout=20, url="http://controller1:5000/v3").code == SUCCESS
    assert machine.network.lookups == []
    assert machine.network.requests == []
    assert machine.processes == {}
    assert machine.itself.slept < 13


@pytest.mark.parametrize("timeout", [5, 60])
def test_stop_waits_for_no_directory_of_accounts(cluster, machine, timeout):
    """
    LDAP is asked once, for a part of the time. The pid file and the mark of the process say enough.
    """
    run_keystone(machine)
    machine.processes[42].mark = "keystone/p_keystone"
    machine.processes.silent_accounts = {"keystone"}

    assert cluster("stop", timeout=timeout).code == SUCCESS
    assert machine.processes == {}
    assert machine.itself.slept < min(timeout, 10)
