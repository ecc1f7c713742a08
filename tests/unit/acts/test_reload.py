"""reload-agent: new monitoring parameters."""

from ocf_lib.codes import ERR_CONFIGURED, ERR_GENERIC, SUCCESS

from ..worlds import run_keystone


def test_reload_forgets_the_token_and_signals_no_process(cluster, machine):
    """
    New monitoring parameters touch no process. The agent forgets the token of the old ones.
    """
    run_keystone(machine)
    machine.files["/run/resource-agents/p_keystone.token"] = "x"

    assert cluster("reload-agent", os_password="new").code == SUCCESS
    assert "/run/resource-agents/p_keystone.token" not in machine.files
    assert machine.processes.signals == []


def test_reload_fails_if_the_daemon_does_not_run(cluster):
    """
    A reload of a stopped service is an error.
    """
    assert cluster("reload-agent").code == ERR_GENERIC


def test_a_reload_refuses_a_wrong_value_of_what_to_start(cluster, machine):
    """
    Only parameters for monitoring may be wrong.
    """
    run_keystone(machine)

    assert cluster("reload-agent", environment="B").code == ERR_CONFIGURED
