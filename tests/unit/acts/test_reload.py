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
    assert cluster("reload-agent", watch_time="soon").code == ERR_CONFIGURED


def test_reload_fails_if_the_daemon_does_not_run(cluster):
    """
    A reload of a stopped service is an error.
    """
    assert cluster("reload-agent").code == ERR_GENERIC
