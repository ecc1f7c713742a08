"""A daemon that the agent launches itself."""

import pytest

from ocf_lib.codes import ERR_INSTALLED, ERR_PERM, SUCCESS

from ..worlds import CONFIG, INI, PID_FILE, run_keystone


@pytest.mark.parametrize(
    ("spoil", "code", "reason"),
    [
        (
            lambda m: m.programs.clear(),
            ERR_INSTALLED,
            "binary: /usr/bin/uwsgi_python3 is not an executable file of this host",
        ),
        (lambda m: m.processes.accounts.clear(), ERR_INSTALLED, "user: there is no account keystone on this host"),
        (lambda m: m.files.pop(CONFIG), ERR_INSTALLED, f"config: there is no file {CONFIG} on this host"),
        (lambda m: m.files.pop(INI), ERR_INSTALLED, f"uwsgi ini: there is no file {INI} on this host"),
        (
            lambda m: m.files.refused.update({CONFIG: "Permission denied"}),
            ERR_PERM,
            f"config: {CONFIG}: Permission denied to user keystone",
        ),
    ],
)
def test_a_host_that_cannot_run_the_daemon_is_named(cluster, healthy, spoil, code, reason):
    """
    Start and validate-all at level 10 say what is missing. At level 0 the host does not count.
    """
    spoil(healthy)

    assert (cluster("start").code, cluster("start").reason) == (code, f"keystone: {reason}")
    assert cluster("validate-all", level=10).reason == f"keystone: {reason}"
    assert cluster("validate-all").code == SUCCESS
    assert healthy.programs.launched == []


def test_a_program_that_cannot_be_executed_is_a_plain_reason(cluster, healthy):
    """
    The reason has no traceback.
    """
    healthy.programs.launch_fails = "Permission denied"

    assert cluster("start").reason == "keystone: cannot execute /usr/bin/uwsgi_python3: Permission denied"


def test_a_look_at_a_file_that_comes_to_no_end_is_a_plain_reason(cluster, healthy):
    """
    The system may be full, or the disk may hang. That is no bug of the agent.
    """

    def full(path, user, seconds):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    healthy.files.refusal = full

    assert cluster("start").reason == "keystone: config: /etc/keystone/keystone.conf: Resource temporarily unavailable"


def test_stop_continues_a_daemon_in_state_t(cluster, machine):
    """
    A stopped process gets its SIGTERM only when it is continued.
    """
    run_keystone(machine, workers=())
    machine.processes[42].state = "T"

    assert cluster("stop").code == SUCCESS
    assert machine.processes.signals == [(42, "SIGTERM"), (42, "SIGCONT")]


def test_a_pid_file_that_cannot_be_removed_does_not_fail_stop(cluster, machine):
    """
    Only a living process makes stop fail.
    """
    run_keystone(machine)
    machine.files.broken[PID_FILE] = "Read-only file system"

    assert cluster("stop").code == SUCCESS


def test_systemd_stops_a_daemon_that_its_unit_started(cluster, machine, systemd):
    """
    If the agent signalled the daemon, systemd would start it anew (Restart=).
    """
    state, calls = systemd
    run_keystone(machine, workers=())
    machine.groups[42] = state["ControlGroup"] = "/system.slice/keystone.service"
    state["MainPID"] = "42"
    machine.programs.ask = unit_value(machine.programs.ask, "42")

    assert cluster("start").code == SUCCESS
    assert machine.programs.launched == []
    assert cluster("stop").code == SUCCESS
    assert calls == ["show", "show", "stop"]
    assert machine.processes.signals == []


def test_the_unit_of_another_program_is_not_stopped(cluster, machine, systemd):
    """
    A deployment tool's unit may have started the daemon by hand: stop ends the daemon, and not the unit.
    """
    run_keystone(machine, workers=())
    machine.groups[42] = "/system.slice/puppet.service"
    machine.programs.ask = unit_value(machine.programs.ask, "77")

    assert cluster("stop").code == SUCCESS
    assert systemd[1] == ["show", "show"]
    assert machine.processes == {}


def unit_value(ask, pid: str):
    """A systemctl that also shows the bare value of MainPID."""

    def asked(argv, seconds):
        code, text = ask(argv, seconds)
        return code, f"{pid}\n" if "--value" in argv else text

    return asked
