"""Which processes are a service's daemon, and which are strangers."""

import pytest

from ocf_lib.codes import ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..worlds import NEUTRON, PID_FILE, UWSGI, run_keystone


def test_strangers_are_never_signalled(cluster, machine):
    """
    Stop signals neither the stranger that the pid file names, nor those that only look like the daemon.
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


def test_a_child_that_left_its_session_is_still_the_daemons(cluster, machine):
    """
    The agent knows a helper with another command line by its parent, or by its mark.
    """
    run_keystone(machine)
    machine.process(60, command="helper\0", parent=43)
    machine.process(61, command="other\0", mark="keystone/p_keystone")
    machine.processes.orphans_survive = True
    machine.processes.deaf_to_term = {60, 61}

    assert cluster("stop").code == SUCCESS
    assert machine.processes == {}


def test_a_daemon_of_an_old_agent_is_found(cluster, machine):
    """
    The agent knows a daemon that somebody else started by its program and configuration.
    """
    command = "/usr/bin/python3\0/usr/bin/keystone-all\0--config-file\0/etc/keystone/keystone.conf\0"
    machine.process(70, command=command, session=69)
    machine.files[PID_FILE] = "70\n"

    assert cluster("monitor", binary="keystone-all").code == SUCCESS
    assert cluster("monitor").code == 7
    assert cluster("stop", binary="keystone-all").code == SUCCESS
    assert machine.processes == {}


def test_a_daemon_that_su_has_started_is_found(cluster, machine):
    """
    It has neither a session of its own nor children, but su is alive and its parent; an orphan has init.
    """
    command = "/usr/bin/python3\0/usr/bin/keystone-all\0--config-file\0/etc/keystone/keystone.conf\0"
    su = machine.process(69, command="runuser\0-u\0keystone\0--\0keystone-all\0", owner=0)
    machine.process(70, command=command, parent=su, session=su)

    assert cluster("monitor", binary="keystone-all").code == SUCCESS
    machine.processes[70].parent = 1
    assert cluster("monitor", binary="keystone-all").code == ERR_GENERIC


def test_a_title_with_blanks_is_recognised(cluster, machine):
    """
    The agent finds program and configuration in a title that the daemon wrote over its command line.
    """
    title = "keystone-all: worker (/usr/bin/python3 /usr/bin/keystone-all --config-file=/etc/keystone/keystone.conf)"
    machine.process(70, command=title)

    assert cluster("monitor", binary="/usr/bin/keystone-all").code == SUCCESS


@pytest.mark.parametrize(
    ("agent", "user", "title"),
    [
        ("neutron-rpc-server", "neutron",
         f"neutron-server: rpc worker (/usr/bin/python3 /usr/bin/neutron-rpc-server --config-file={NEUTRON})\0\0"),
        ("neutron-dhcp-agent", "neutron",
         f"neutron-dhcp-agent (/usr/bin/python3 /usr/bin/neutron-dhcp-agent --config-file={NEUTRON})"),
        ("ceilometer-agent-central", "ceilometer",
         "ceilometer-polling: master process [/usr/bin/ceilometer-polling --config-file=/etc/ceilometer/ceilometer.conf"
         " --polling-namespaces central]"),
    ],
)  # fmt: skip
def test_a_command_in_parentheses_or_brackets_is_recognised(machine, cluster, agent, user, title):
    """
    The command of a daemon stands in the parentheses or brackets of its title.
    """
    machine.processes.accounts[user] = (64, 64, "/")
    machine.process(42, command=title)

    assert cluster("monitor", agent=agent).code == SUCCESS


def test_another_daemon_of_the_same_program_is_a_stranger(machine, cluster):
    """
    So are an editor and a pager of the configuration.
    """
    config = "/etc/ceilometer/ceilometer.conf"
    machine.processes.accounts["ceilometer"] = (64, 64, "/")
    machine.process(42, command=f"/usr/bin/ceilometer-polling\0--config-file={config}\0--polling-namespaces\0compute\0")
    machine.process(43, command=f"vim\0/usr/bin/ceilometer-polling\0{config}\0central\0--polling-namespaces\0")

    assert cluster("monitor", agent="ceilometer-agent-central").code == NOT_RUNNING
    assert cluster("stop", agent="ceilometer-agent-central").code == SUCCESS
    assert set(machine.processes) == {42, 43}
