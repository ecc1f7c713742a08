"""A mistake in a parameter that concerns only monitoring never stops a service."""

import pytest

from ocf_lib.codes import DEGRADED, ERR_CONFIGURED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..worlds import CREDENTIALS, PID_FILE, run_keystone, run_worker

MISTAKES = [
    ("keystone", {"watch_time": "soon"}, "watch_time: 'soon' is not a number of seconds"),
    ("keystone", {"watch_time": "20x"}, "watch_time: '20x' is not a number of seconds"),
    ("keystone", {"heartbeat": "often"}, "heartbeat: 'often' is not a number of seconds"),
    ("keystone", {"url": "controller:5000/v3"}, "url: 'controller:5000/v3' is not a URL such as"),
    ("keystone", {"url": "https://" + "a" * 64}, "is not a URL such as"),
    ("keystone", {"url": "https://.example"}, "is not a URL such as"),
    ("keystone", {"insecure": "maybe"}, "insecure: 'maybe' is neither yes nor no"),
    ("keystone", {"trace_ra": "maybe"}, "trace_ra: 'maybe' is neither yes nor no"),
    ("keystone", {"os_cacert": "ca.pem"}, "os_cacert: 'ca.pem' is not an absolute path"),
    ("keystone", {"os_auth_url": "nonsense"}, "os_auth_url: 'nonsense' is not a URL such as"),
    ("keystone", {**CREDENTIALS, "os_password_file": "pw"}, "os_password_file: 'pw' is not an absolute path"),
    ("keystone", {**CREDENTIALS, "os_username": "a\nb"}, "os_username: holds characters that cannot be printed"),
    ("keystone", {**CREDENTIALS, "os_password": "hunter\0"}, "os_password: holds characters that cannot be printed"),
    ("nova-api", {"keystone_get_token_url": "vip"}, "keystone_get_token_url: 'vip' is not a URL such as"),
    ("nova-conductor", {"amqp_server_port": "5672,5671"}, "amqp_server_port: '5672,5671' is not a whole number"),
    ("nova-conductor", {"amqp_server_port": "567200"}, "amqp_server_port: '567200' is not a port"),
    ("nova-scheduler", {"zeromq": "5"}, "zeromq: '5' is neither yes nor no"),
    ("nova-novncproxy", {"console_port": "x"}, "console_port: 'x' is not a whole number"),
    ("nova-novncproxy", {"console_port": "99999"}, "console_port: '99999' is not a port"),
]  # fmt: skip
EVERY = pytest.mark.parametrize(("agent", "params", "reason"), MISTAKES)


def install(machine, agent) -> None:
    """A world in which the daemon of *agent* runs well."""
    if agent == "keystone":
        run_keystone(machine)
    else:
        run_worker(machine, agent)
        machine.connects(42, "192.0.2.5", 5672)
        machine.answers("/", port=8774)
        machine.answers("/vnc_lite.html", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", port=6080)


@EVERY
def test_a_monitor_is_degraded_and_says_which_value_is_wrong(machine, cluster, keystone, agent, params, reason):
    """
    It says the same while it watches, and notices the death of the daemon as ever.
    """
    install(machine, agent)
    for _ in range(2):
        seen = cluster("monitor", agent=agent, interval=1, **params)
        assert (seen.code, reason in seen.reason) == (DEGRADED, True), seen
        assert "hunter" not in seen.reason
    machine.processes.dies_at[42] = machine.now() + 2

    assert cluster("monitor", agent=agent, interval=1, **params).code == NOT_RUNNING


@EVERY
def test_a_start_succeeds_with_a_warning(machine, cluster, keystone, agent, params, reason):
    """
    Where a value is needed, the default counts: the service's own configuration says the port.
    """
    install(machine, agent)
    machine.processes.clear()
    machine.files.pop(PID_FILE, None)
    machine.connects(501, "192.0.2.5", 5672)

    seen = cluster("start", agent=agent, **params)

    assert (seen.code, seen.err) == (SUCCESS, "")
    assert machine.processes
    assert any(level == "warning" and reason in text for level, text in machine.itself.logged)


@EVERY
def test_a_reload_succeeds_with_a_warning(machine, cluster, agent, params, reason):
    """
    After 6 from reload-agent, Pacemaker would stop the service on every node.
    """
    install(machine, agent)

    seen = cluster("reload-agent", agent=agent, **params)

    assert (seen.code, seen.err) == (SUCCESS, "")
    assert any(level == "warning" and reason in text for level, text in machine.itself.logged)


@EVERY
def test_validate_all_alone_calls_it_an_error(cluster, agent, params, reason):
    """
    Whoever validates wants to know before the resource is made.
    """
    seen = cluster("validate-all", agent=agent, **params)

    assert (seen.code, reason in seen.reason) == (ERR_CONFIGURED, True), seen


@EVERY
def test_a_probe_looks_at_processes_alone(machine, cluster, agent, params, reason):
    """
    It says 0, 7 or 1, whatever the parameters for monitoring say.
    """
    install(machine, agent)
    assert cluster("monitor", agent=agent, **params).code == SUCCESS
    machine.processes.orphans_survive = True
    machine.kill(42)
    assert cluster("monitor", agent=agent, **params).code == ERR_GENERIC
    machine.processes.clear()
    assert cluster("monitor", agent=agent, **params).code == NOT_RUNNING


@EVERY
def test_a_stop_ends_the_daemon_as_ever(machine, cluster, agent, params, reason):
    """
    The daemon gets its time for a clean end.
    """
    install(machine, agent)
    machine.processes.seconds_to_end = 10

    assert cluster("stop", agent=agent, **params).code == SUCCESS
    assert not machine.processes
    assert ("SIGKILL" in str(machine.processes.signals)) is False


def test_a_daemon_that_dies_early_is_noticed_in_spite_of_a_mistake(machine, cluster):
    """
    Without a usable url nobody can ask whether the daemon works. It has to live for a while, or is launched again.
    """
    run_keystone(machine)
    machine.processes.clear()
    machine.processes.dies_at[501] = machine.now() + 2

    assert cluster("start", url="nonsense").code == SUCCESS
    assert len(machine.programs.launched) == 2


def test_a_mistake_hides_no_failure_of_another_check(machine, recurring):
    """
    A wrong value for one thing does not excuse an API that answers badly.
    """
    run_keystone(machine)
    machine.answers("/v3", b"HTTP/1.1 500 No\r\n\r\n")

    assert recurring(os_cacert="ca.pem").code == ERR_GENERIC


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7), ("7s", 7), ("7 sec", 7), ("1min", 60), ("1m", 60), ("1h", 3600)]
)
def test_a_watch_time_may_have_pacemakers_units(machine, cluster, text, seconds):
    """
    Operators write 20s, as for every other duration of a resource.
    """
    run_keystone(machine)
    for _ in range(2):
        assert cluster("monitor", interval=1, timeout=10000, watch_time=text).code == SUCCESS

    assert machine.itself.slept == pytest.approx(seconds)
