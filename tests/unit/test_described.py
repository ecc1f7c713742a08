"""A daemon that no agent knows: the parameters of openstack-daemon say everything about it."""

from __future__ import annotations

import pytest

from ocf_lib.codes import DEGRADED, ERR_ARGS, ERR_CONFIGURED, ERR_GENERIC, ERR_INSTALLED, NOT_RUNNING, SUCCESS
from ocf_lib.context import Context
from tests.conftest import ROOT

from .conftest import facts, load
from .worlds import BROKER, NOVA, RUN

AGENT = "openstack-daemon"
CONDUCTOR = {"binary": "nova-conductor", "config": NOVA, "user": "nova", "broker": "true"}
API = {"binary": "vitrage-api", "config": "/etc/vitrage/vitrage.conf", "user": "vitrage", "port": "8999"}
PYTHON = "/usr/bin/python3"
NOT_FOUND = b"HTTP/1.1 404 x\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nOK"


def service(machine, **params):
    """The facts that these parameters describe."""
    given = {f"OCF_RESKEY_{name}": value for name, value in params.items()}
    return Context(load(AGENT), [AGENT, "start"], given, machine).service


def install(machine, params) -> None:
    machine.processes.accounts[params["user"]] = (64, 64, "/")
    machine.programs.add(f"/usr/bin/{params['binary']}")
    machine.files[params["config"]] = BROKER
    machine.network.names_of["mq1"] = {"192.0.2.5"}
    machine.network.web[5672, ""] = b"\1\0\0\0"


def run_it(machine, params, *words, pid=42, instance=f"p_{AGENT}") -> None:
    """The daemon as Debian's unit starts it, with a pid file of the resource."""
    install(machine, params)
    command = (PYTHON, f"/usr/bin/{params['binary']}", f"--config-file={params['config']}", *words)
    machine.process(pid, "\0".join(command) + "\0")
    if instance:
        machine.files[f"{RUN}/{instance}.pid"] = f"{pid}\n"


def run_api(machine, port=8999) -> None:
    """An API that listens on a port of its own."""
    run_it(machine, API)
    machine.network.listeners[port] = {"77"}
    machine.network.held[42] = {"77"}


# -- the facts


def test_a_program_is_described(machine):
    """
    Names, files and checks follow from what the operator gives.
    """
    found = service(machine, **CONDUCTOR)

    assert (found.name, found.project, found.user, found.broker) == ("nova-conductor", "nova", "nova", True)
    assert found.log_file == "/var/log/nova/nova-conductor.log"
    assert found.api.port == 0


def test_one_agent_is_described_by_its_parameters(machine):
    """
    Before and after they are read.
    """
    assert [path.name for path in (ROOT / "agents").iterdir() if getattr(load(path.name), "described", False)] == [
        AGENT
    ]
    assert service(machine, **CONDUCTOR).described


def test_a_unit_is_described(machine):
    """
    A unit has no program and needs no account.
    """
    found = service(machine, unit="vitrage-api.service", port="8999", path="/healthcheck")

    assert (found.name, found.binary, found.api.port, found.api.paths) == ("vitrage-api", "", 8999, ("/healthcheck",))


@pytest.mark.parametrize(
    ("config", "usual"),
    [
        ("/etc/nova/nova.conf", "/etc/nova/nova.conf"),
        ("/etc/nova/nova-conductor.conf", "/etc/nova/nova-conductor.conf"),
        ("/etc/nova/second.conf", "/etc/nova/nova.conf"),
        ("/opt/cloud/nova.conf", "/etc/nova/nova.conf"),
        ("", ""),
    ],
)
def test_the_configuration_that_counts_without_an_option_is_oslos(machine, config, usual):
    """
    oslo.config looks for the file of the project and for that of the program, in the directory of the project.
    """
    assert service(machine, **{**CONDUCTOR, "config": config}).config == usual


@pytest.mark.parametrize("name", ["binary", "config", "user", "unit", "url", "port", "path", "broker"])
@pytest.mark.parametrize("text", ["", "/", "//", "a\nb", "\udcff", "..", "x" * 5000, "a b", "-1", "maybe"])
def test_no_text_of_a_parameter_breaks_the_facts(machine, cluster, name, text):
    """
    Whatever the parameters say, a probe finds nothing, and a stop succeeds.
    """
    params = {**CONDUCTOR, "port": "8999", name: text}
    service(machine, **params)

    assert cluster("monitor", agent=AGENT, **params).code == NOT_RUNNING
    assert cluster("stop", agent=AGENT, **params).code == SUCCESS


def test_the_meta_data_are_the_same_whatever_the_parameters_say(cluster):
    """
    They hold one whole example.
    """
    plain = cluster("meta-data", agent=AGENT)

    assert cluster("meta-data", agent=AGENT, **CONDUCTOR, port="1", url="x").out == plain.out
    for name, value in load(AGENT).example:
        assert f"{name}={value}" in plain.out


def test_the_example_is_a_daemon(cluster):
    """
    validate-all has nothing to say against it.
    """
    assert cluster("validate-all", agent=AGENT, **dict(load(AGENT).example)).code == SUCCESS
    assert facts(AGENT).binary == dict(load(AGENT).example)["binary"]


# -- what the operator has to give


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "binary, unit: exactly one of the two needs a value"),
        ({"config": NOVA, "user": "nova"}, "binary, unit: exactly one of the two needs a value"),
        ({**CONDUCTOR, "unit": "nova-conductor"}, "binary, unit: exactly one of the two needs a value"),
        ({"binary": "nova-conductor", "config": NOVA}, "user: binary needs a value for it"),
        ({"unit": "../x"}, "unit: '../x' is not the name of a unit"),
    ],
)
def test_what_says_too_little_is_refused(machine, cluster, params, reason):
    """
    By start as by validate-all, before anything is launched.
    """
    install(machine, CONDUCTOR)
    for action in ("validate-all", "start"):
        seen = cluster(action, agent=AGENT, **params)
        assert (seen.code, seen.reason) == (ERR_CONFIGURED, f"{AGENT}: {reason}")
    assert not machine.programs.launched


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("port", "http", "port: 'http' is not a whole number"),
        ("port", "99999", "port: '99999' is not a port"),
        ("path", "healthcheck", "path: 'healthcheck' is not an absolute path"),
        ("path", "/health check", "path: '/health check' is not the path of a URL"),
        ("path", "/é", "path: '/é' is not the path of a URL"),
        ("broker", "rabbit", "broker: 'rabbit' is neither yes nor no"),
        ("url", "127.0.0.1:8999", "url: '127.0.0.1:8999' is not a URL such as"),
    ],
)
def test_a_mistake_in_monitoring_stops_nothing(machine, cluster, name, value, reason):
    """
    Start and reload warn, monitor is degraded, and validate-all alone calls it an error.
    """
    run_api(machine)
    machine.answers("/", PAGE, port=8999)
    params = {**API, name: value}

    seen = cluster("monitor", agent=AGENT, interval=1, watch_time="0", **params)
    assert (seen.code, reason in seen.reason) == (DEGRADED, True), seen
    assert cluster("reload-agent", agent=AGENT, **params).code == SUCCESS
    assert cluster("start", agent=AGENT, **params).code == SUCCESS
    assert cluster("validate-all", agent=AGENT, **params).code == ERR_CONFIGURED


# -- how it runs


def test_a_program_is_launched_as_the_distribution_would(machine, cluster):
    """
    With its configuration, and a log file if the project has a directory for logs.
    """
    install(machine, CONDUCTOR)
    machine.files["/var/log/nova/other.log"] = ""
    machine.connects(501, "192.0.2.5", 5672)

    assert cluster("start", agent=AGENT, **CONDUCTOR, additional_parameters="--debug").code == SUCCESS
    assert machine.programs.launched[0].argv == [
        "/usr/bin/nova-conductor", f"--config-file={NOVA}", "--log-file=/var/log/nova/nova-conductor.log", "--debug"
    ]  # fmt: skip


def test_without_config_the_program_gets_the_operators_arguments_only(machine, cluster):
    """
    So a program of any kind runs, as one of Swift, or a uwsgi.
    """
    params = {"binary": "swift-thing", "user": "swift", "additional_parameters": "/etc/swift/thing.conf"}
    install(machine, {**params, "config": "/etc/swift/thing.conf"})
    machine.files["/var/log/swift/other.log"] = ""

    assert cluster("start", agent=AGENT, **params).code == SUCCESS
    assert machine.programs.launched[0].argv == ["/usr/bin/swift-thing", "/etc/swift/thing.conf"]
    assert cluster("monitor", agent=AGENT, interval=1, watch_time="0", **params).code == SUCCESS


def test_what_is_missing_on_this_host_is_named(machine, cluster):
    """
    Program, account and configuration, as with every agent.
    """
    assert cluster("start", agent=AGENT, **CONDUCTOR).reason == f"{AGENT}: user: there is no account nova on this host"
    install(machine, CONDUCTOR)
    machine.files.pop(NOVA)
    seen = cluster("start", agent=AGENT, **CONDUCTOR)
    assert (seen.code, seen.reason) == (ERR_INSTALLED, f"{AGENT}: config: there is no file {NOVA} on this host")


def test_a_unit_that_starts_it_at_boot_is_named(machine, cluster):
    """
    The unit has the name of the program.
    """
    install(machine, CONDUCTOR)
    machine.files["/etc/systemd/system/multi-user.target.wants/nova-conductor.service"] = ""

    seen = cluster("validate-all", agent=AGENT, level=10, **CONDUCTOR)

    assert seen.code == ERR_ARGS
    assert "systemctl disable nova-conductor.service" in seen.reason


# -- which process it is


def test_a_daemon_that_others_started_is_adopted(machine, cluster):
    """
    By program, configuration and account.
    """
    run_it(machine, CONDUCTOR, instance="")
    machine.connects(42, "192.0.2.5", 5672)

    assert cluster("monitor", agent=AGENT, **CONDUCTOR).code == SUCCESS
    assert cluster("start", agent=AGENT, **CONDUCTOR).code == SUCCESS
    assert not machine.programs.launched
    assert cluster("stop", agent=AGENT, **CONDUCTOR).code == SUCCESS
    assert not machine.processes


@pytest.mark.parametrize(
    "other", [{"binary": "nova-scheduler"}, {"config": "/etc/nova/second.conf"}, {"user": "cinder"}]
)
def test_another_daemon_is_not_it(machine, cluster, other):
    """
    Two resources of this agent on one node know their own.
    """
    run_it(machine, CONDUCTOR, instance="")
    install(machine, {**CONDUCTOR, **other})
    machine.processes.accounts["cinder"] = (65, 65, "/")

    assert cluster("monitor", agent=AGENT, **{**CONDUCTOR, **other}).code == NOT_RUNNING
    assert cluster("stop", agent=AGENT, **{**CONDUCTOR, **other}).code == SUCCESS
    assert 42 in machine.processes


MISTRAL = {"binary": "mistral-server", "config": "/etc/mistral/mistral.conf", "user": "mistral"}


def test_arguments_tell_the_daemons_of_one_program_apart(machine, cluster):
    """
    mistral-server is an engine, an executor, ...: each resource finds its own, and starts beside the others.
    """
    run_it(machine, MISTRAL, "--server", "executor", instance="")
    executor, engine = ({**MISTRAL, "additional_parameters": f"--server {what}"} for what in ("executor", "engine"))

    assert cluster("monitor", agent=AGENT, **executor).code == SUCCESS
    assert cluster("monitor", agent=AGENT, **engine).code == NOT_RUNNING
    assert cluster("start", agent=AGENT, **engine).code == SUCCESS
    assert machine.programs.launched[0].argv[-2:] == ["--server", "engine"]


def test_a_second_worker_of_the_same_program_is_refused(machine, cluster):
    """
    Another configuration makes it no other program.
    """
    run_it(machine, CONDUCTOR, instance="")
    second = {**CONDUCTOR, "config": "/etc/nova/second.conf"}
    install(machine, second)

    assert "pid 42 already runs this program" in cluster("start", agent=AGENT, **second).reason


def test_the_same_with_a_port(machine, cluster):
    """
    The port may be a mistake, so it proves nothing.
    """
    run_it(machine, API, instance="")
    second = {**API, "config": "/etc/vitrage/second.conf"}
    install(machine, second)

    assert "pid 42 already runs this program" in cluster("start", agent=AGENT, **second).reason


def test_a_port_that_another_program_serves_keeps_nothing_from_starting(machine, cluster):
    """
    A daemon that wants this very port says so itself. With a wrong port, the start is degraded, as a monitor is.
    """
    install(machine, API)
    machine.process(77, "/usr/sbin/haproxy\0")
    machine.network.servers_here = [(77, "0.0.0.0")]
    machine.network.listeners = {8999: {"55"}, 9000: {"66"}}
    machine.network.held[501] = {"66"}

    assert cluster("start", agent=AGENT, **API).code == SUCCESS
    for text in ("port 8999 is already served by pid 77", "none of its processes listens on port 8999, but on 9000"):
        assert any(level == "warning" and text in said for level, said in machine.itself.logged)


# -- what monitor checks


@pytest.mark.parametrize("answer", [PAGE, b"HTTP/1.1 300 x\r\n\r\n", b"HTTP/1.1 401 x\r\n\r\n"])
def test_an_api_that_answers_is_well(machine, recurring, answer):
    """
    Of whatever type the page is.
    """
    run_api(machine)
    machine.answers("/healthcheck", answer, port=8999)

    assert recurring(agent=AGENT, **API, path="/healthcheck").code == SUCCESS


@pytest.mark.parametrize(("answer", "reason"), [(b"HTTP/1.1 500 x\r\n\r\n", "answers 500"), (b"", "closes the")])
def test_an_api_that_answers_badly_is_an_error(machine, recurring, answer, reason):
    """
    As with every agent.
    """
    run_api(machine)
    machine.answers("/", answer, port=8999)

    seen = recurring(agent=AGENT, **API)

    assert (seen.code, f"http://127.0.0.1:8999/ {reason}" in seen.reason) == (ERR_GENERIC, True)


def test_a_path_that_is_not_there_is_degraded(machine, recurring):
    """
    The daemon lives and refuses the request. No restart gives it that path.
    """
    run_api(machine)
    machine.answers("/health", NOT_FOUND, port=8999)

    seen = recurring(agent=AGENT, **API, path="/health")

    assert (seen.code, seen.reason) == (DEGRADED, f"{AGENT}: http://127.0.0.1:8999/health answers 404; see path")


def test_a_port_that_is_another_ones_is_degraded(machine, recurring):
    """
    The daemon listens elsewhere, so the parameter is wrong, even if somebody else answers there.
    """
    run_api(machine)
    machine.answers("/", PAGE, port=5000)
    machine.network.listeners[5000] = {"55"}

    seen = recurring(agent=AGENT, **{**API, "port": "5000"})

    assert seen.code == DEGRADED
    assert "none of its processes listens on port 5000, but on 8999; see port and url" in seen.reason


def test_a_daemon_that_has_lost_its_port_is_an_error(machine, recurring):
    """
    It was seen there, so the parameter is no mistake, whatever else it listens on.
    """
    run_api(machine)
    machine.answers("/", PAGE, port=8999)
    machine.network.listeners[9100] = {"78"}
    machine.network.held[42].add("78")
    assert recurring(agent=AGENT, **API).code == SUCCESS

    machine.network.listeners[8999] = set()
    seen = recurring(agent=AGENT, **API)

    assert (seen.code, seen.reason) == (ERR_GENERIC, f"{AGENT}: none of its processes listens on port 8999")


def test_what_was_seen_counts_for_this_daemon_and_this_port_only(machine, recurring):
    """
    Another port may be a mistake again, and so may any port of another process.
    """
    run_api(machine)
    machine.answers("/", PAGE, port=8999)
    assert recurring(agent=AGENT, **API).code == SUCCESS

    assert recurring(agent=AGENT, **{**API, "port": "5000"}).code == DEGRADED
    assert recurring(agent=AGENT, **API).code == SUCCESS
    machine.processes.pop(42)
    run_it(machine, API, pid=52)
    machine.network.listeners = {9100: {"78"}}
    machine.network.held[52] = {"78"}

    assert recurring(agent=AGENT, **API).code == DEGRADED


def test_a_start_waits_for_the_port(machine, cluster):
    """
    Many a daemon opens the port of its metrics or its back door first.
    """
    install(machine, API)
    machine.answers("/", PAGE, port=8999)
    machine.network.held[501] = {"77", "78"}
    machine.network.listeners[9100] = {"78"}
    loaded = machine.now() + 10
    machine.network.listening = lambda port: {"77"} if port == 8999 and machine.now() >= loaded else set()

    assert cluster("start", agent=AGENT, timeout=120, **API).code == SUCCESS
    assert machine.now() >= loaded
    assert not any("is degraded" in said for _, said in machine.itself.logged)


def test_a_daemon_that_listens_nowhere_is_an_error(machine, recurring):
    """
    It has lost its socket, or never got one.
    """
    run_it(machine, API)

    seen = recurring(agent=AGENT, **API)

    assert (seen.code, seen.reason) == (ERR_GENERIC, f"{AGENT}: http://127.0.0.1:8999/ refuses connections")


def test_a_url_counts_instead_of_port_and_path(machine, recurring):
    """
    For https, another address, and the name of the node.
    """
    run_api(machine, port=9000)
    machine.answers("/v1", PAGE, port=9000)

    assert recurring(agent=AGENT, **API, url="https://{host}:9000/v1").code == SUCCESS
    assert recurring(agent=AGENT, **API, url="http://192.0.2.1:9000/v1").code == SUCCESS


def test_a_broker_that_no_configuration_names_is_degraded(machine, cluster, recurring):
    """
    The daemon does not use one, or the file is another one. A port of the broker says where it is all the same.
    """
    run_it(machine, CONDUCTOR)
    machine.files[NOVA] = "[DEFAULT]\n"

    seen = recurring(agent=AGENT, **CONDUCTOR)
    assert (seen.code, seen.reason) == (DEGRADED, f"{AGENT}: broker: {NOVA} names no transport_url")
    assert cluster("start", agent=AGENT, **CONDUCTOR).code == SUCCESS
    machine.connects(42, "192.0.2.7", 5672)
    assert recurring(agent=AGENT, **CONDUCTOR, amqp_server_port="5672").code == SUCCESS


def test_a_worker_needs_its_broker_only_if_the_operator_says_so(machine, recurring):
    """
    The broker is the one of its configuration.
    """
    run_it(machine, CONDUCTOR)
    without = {**CONDUCTOR, "broker": "false"}

    assert recurring(agent=AGENT, **without).code == SUCCESS
    seen = recurring(agent=AGENT, **CONDUCTOR)
    assert seen.code == DEGRADED
    assert "no connection to broker mq1:5672" in seen.reason
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent=AGENT, **CONDUCTOR).code == SUCCESS
