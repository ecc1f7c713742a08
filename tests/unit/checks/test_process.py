"""Is there a daemon, and may it work?"""

import pytest

from ocf_lib.codes import ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..worlds import NEUTRON, PID_FILE, UWSGI, run_keystone, run_worker


def test_orphaned_workers_are_an_error_and_not_a_stopped_service(machine, recurring, cluster):
    """
    A probe says the same: on "not running" Pacemaker would start a second daemon.
    """
    run_keystone(machine)
    machine.processes.orphans_survive = True
    machine.kill(42)

    assert recurring().code == ERR_GENERIC
    assert recurring().reason.endswith("these processes of the daemon live: 43 44")
    assert cluster("monitor").code == ERR_GENERIC


def test_a_daemon_stopped_by_a_signal_is_an_error(machine, recurring):
    """
    Monitor finds state T before it asks anybody.
    """
    run_keystone(machine)
    machine.processes[42].state = "T"

    assert recurring().reason == "keystone: pid 42 is stopped by a signal (state T)"


def test_a_zombie_is_not_running(machine, recurring):
    """
    A zombie does no work, however long its parent fails to reap it.
    """
    machine.process(42, UWSGI, state="Z")
    machine.files[PID_FILE] = "42\n"

    assert recurring().code == NOT_RUNNING


@pytest.mark.parametrize(
    ("agent", "code"),
    [("neutron-rpc-server", ERR_GENERIC), ("neutron-l3-agent", SUCCESS)],
    ids=["workers", "keepalived"],
)
def test_stopped_workers_may_have_a_name_of_their_own(machine, recurring, agent, code):
    """
    Neutron's workers write a title over their name. What serves the tenants is no worker.
    """
    run_worker(machine, agent, NEUTRON)
    machine.connects(42, "192.0.2.5", 5672)
    machine.processes[43].name = "neutron-server:" if code else "keepalived"
    machine.processes[43].state = "T"

    assert recurring(agent=agent).code == code
