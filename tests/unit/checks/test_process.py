"""Is there a daemon, and may it work?"""

from ocf_lib.codes import ERR_GENERIC, NOT_RUNNING

from ..worlds import PID_FILE, UWSGI, run_keystone


def test_main_process_gone_workers_alive(machine, recurring, cluster):
    """
    Orphaned workers are broken, to a probe as well: on "not running" the cluster would start a second daemon.
    """
    run_keystone(machine)
    machine.processes.orphans_survive = True
    machine.kill(42)

    assert recurring().code == ERR_GENERIC
    assert recurring().reason.endswith("these processes of the daemon live: 43 44")
    assert cluster("monitor").code == ERR_GENERIC


def test_stopped_by_a_signal(machine, recurring):
    """
    State T is found before anything is asked.
    """
    run_keystone(machine)
    machine.processes[42].state = "T"

    assert recurring().reason == "keystone: pid 42 is stopped by a signal (state T)"


def test_a_zombie_is_gone(machine, recurring):
    """
    A zombie does no work, however long its parent fails to reap it.
    """
    machine.process(42, UWSGI, state="Z")
    machine.files[PID_FILE] = "42\n"

    assert recurring().code == NOT_RUNNING
