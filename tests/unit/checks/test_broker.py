"""Is the daemon connected to one of its message brokers?"""

import pytest

from ocf_lib import daemon
from ocf_lib.checks import broker
from ocf_lib.codes import DEGRADED, ERR_GENERIC, SUCCESS
from ocf_lib.context import Context

from ..conftest import load
from ..worlds import NOVA, run_worker


def held_socket(machine, name, **params):
    """The socket that a watch of this agent looks at."""
    environ = {f"OCF_RESKEY_{key}": value for key, value in params.items()}
    ours = daemon.of(Context(load(name), [name, "monitor"], {**environ, "OCF_RESOURCE_INSTANCE": f"p_{name}"}, machine))
    ours.find()
    return broker.held_socket(ours, 5)


@pytest.mark.parametrize(("address", "port"), [("192.0.2.5", 5672), ("fd00::2", 5673)])
@pytest.mark.parametrize("holder", [42, 43])
def test_a_connection_to_any_of_its_brokers_is_well(machine, recurring, address, port, holder):
    """
    The broker may be a name or an IPv6 address. The main process or a worker may hold the connection.
    """
    run_worker(machine, "nova-conductor")
    machine.connects(holder, address, port)

    assert recurring(agent="nova-conductor").code == SUCCESS


@pytest.mark.parametrize(
    ("holder", "address", "port"),
    [(99, "192.0.2.5", 5672), (43, "192.0.2.5", 56720), (43, "192.0.2.5", 5673), (43, "192.0.2.99", 5672)],
)
def test_a_connection_of_another_process_port_or_host_does_not_count(machine, recurring, holder, address, port):
    """
    The connection is a stranger's, or goes to a neighbouring port, the other broker's port, or another host.
    """
    run_worker(machine, "nova-conductor")
    machine.process(99, command="other\0")
    machine.connects(holder, address, port)

    seen = recurring(agent="nova-conductor")

    assert seen.code == DEGRADED
    assert seen.reason == "nova-conductor: no connection to broker mq1:5672, for less than 60 s so far"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (ConnectionRefusedError(111, "x"), "refuses connections"),
        (TimeoutError(), "does not answer"),
        (b"", "closes the connection without a greeting"),
    ],
)
@pytest.mark.parametrize("port", ["", "5672"])
def test_a_broker_that_is_away_is_degraded_for_ever(machine, recurring, answer, what, port):
    """
    A restart of the daemon does not help, however long the broker is away. A proxy without a broker accepts and closes.
    Many old resources have amqp_server_port: that names no broker, but transport_url does.
    """
    run_worker(machine, "nova-conductor")
    machine.network.web[5672, ""] = machine.network.web[5673, ""] = answer
    for _ in range(3):
        seen = recurring(agent="nova-conductor", amqp_server_port=port)
        machine.sleep(61)
        assert seen.code == DEGRADED
        assert what in seen.reason


def test_a_broker_with_tls_at_any_port_is_greeted_with_tls(machine, recurring):
    """
    It closes a connection without TLS, as a proxy without a broker does. But this one is well, so the worker is at fault.
    """
    tls = "transport_url = rabbit://nova:pw@mq1:5673\n[oslo_messaging_rabbit]\nssl = True\n"
    machine.files[NOVA] = f"[DEFAULT]\n{tls}"
    run_worker(machine, "nova-conductor")
    machine.network.web[5673, ""], machine.network.web[5673, "tls"] = b"", b"AMQP"
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(61)

    assert recurring(agent="nova-conductor").code == ERR_GENERIC


def test_the_broker_parameters_of_old_resources_still_work(machine, recurring):
    """
    amqp_server_port accepts any address, zeromq needs no broker, multibackend needs a connection of each child.
    """
    run_worker(machine, "nova-scheduler")
    assert recurring(agent="nova-scheduler", zeromq="true").code == SUCCESS
    machine.connects(42, "203.0.113.1", 5999)
    assert recurring(agent="nova-scheduler", amqp_server_port="5999").code == SUCCESS
    machine.processes.clear()
    machine.files.clear()
    run_worker(machine, "cinder-volume", "/etc/cinder/cinder.conf")
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="cinder-volume").code == SUCCESS
    assert recurring(agent="cinder-volume", multibackend="true").code == DEGRADED


def test_a_child_that_runs_another_program_is_no_backend(machine, recurring):
    """
    A cinder-volume that makes a volume from an image runs sudo and qemu-img for minutes.
    """
    run_worker(machine, "cinder-volume", "/etc/cinder/cinder.conf")
    machine.connects(43, "192.0.2.5", 5672)
    machine.process(60, command="sudo\0cinder-rootwrap\0/etc/cinder/rootwrap.conf\0qemu-img\0", parent=42, owner=0)
    machine.process(61, command="/usr/bin/python3\0/usr/bin/cinder-rootwrap\0qemu-img\0", parent=60, owner=0)
    machine.process(62, command="qemu-img\0convert\0", parent=61, owner=0)
    # What a backend has just forked is not yet another program.
    machine.process(63, command=machine.processes[43].command, parent=43)

    assert recurring(agent="cinder-volume", multibackend="true").code == SUCCESS


THREE_NAMES = "[DEFAULT]\ntransport_url = rabbit://n:pw@mq1:5672,n:pw@mq2:5672,n:pw@mq3:5672/\n"


@pytest.mark.parametrize("connected", [True, False])
def test_silent_servers_for_names_are_degraded_in_time(machine, recurring, connected):
    """
    A healthy worker is connected, but nobody can tell to whom. Without a connection, nobody can ask the brokers either.
    """
    machine.files[NOVA] = THREE_NAMES
    run_worker(machine, "nova-scheduler")
    machine.network.silent_names = {"mq1", "mq2", "mq3"}
    if connected:
        machine.connects(43, "192.0.2.5", 5672)
    seen = recurring(agent="nova-scheduler", timeout=30)

    assert seen.code == DEGRADED
    assert "the name mq" in seen.reason
    assert "cannot be resolved" in seen.reason
    assert machine.network.lookups == ["mq1", "mq2", "mq3"]
    assert machine.itself.slept < 30


def test_one_broker_whose_name_is_known_is_enough(machine, recurring):
    """
    Only one of three names cannot be resolved, and the connection goes to another broker.
    """
    machine.files[NOVA] = THREE_NAMES
    run_worker(machine, "nova-scheduler")
    machine.network.silent_names = {"mq2"}
    machine.connects(43, "192.0.2.5", 5672)

    assert recurring(agent="nova-scheduler").code == SUCCESS


def test_a_backend_whose_broker_has_lost_its_name_is_degraded_for_ever(machine, recurring):
    """
    One backend is connected to mq1, and the other one to mq2. Nobody can tell that, because mq2 cannot be resolved.
    """
    machine.files["/etc/cinder/cinder.conf"] = THREE_NAMES
    run_worker(machine, "cinder-volume", "/etc/cinder/cinder.conf")
    machine.process(44, command=machine.processes[43].command, parent=42)
    machine.network.names_of["mq2"] = {"192.0.2.6"}
    machine.connects(43, "192.0.2.5", 5672)
    machine.connects(44, "192.0.2.6", 5672)
    assert recurring(agent="cinder-volume", multibackend="true").code == SUCCESS
    machine.network.silent_names = {"mq2"}

    for _ in range(3):
        seen = recurring(agent="cinder-volume", multibackend="true")
        assert (seen.code, seen.reason) == (DEGRADED, "cinder-volume: the name mq2 cannot be resolved")
        machine.sleep(100)


def test_a_backend_without_any_connection_is_not_excused_by_a_lost_name(machine, recurring):
    """
    mq2 may be gone for ever. A backend that holds no connection is not connected to mq2 either.
    """
    machine.files["/etc/cinder/cinder.conf"] = THREE_NAMES
    run_worker(machine, "cinder-volume", "/etc/cinder/cinder.conf")
    machine.process(44, command=machine.processes[43].command, parent=42)
    machine.connects(43, "192.0.2.5", 5672)
    machine.network.silent_names = {"mq2"}

    for code in (DEGRADED, ERR_GENERIC):
        seen = recurring(agent="cinder-volume", multibackend="true")
        assert seen.code == code
        assert seen.reason.startswith("cinder-volume: pid 44 (one backend) has no connection to broker mq1:5672")
        machine.sleep(61)


@pytest.mark.parametrize("timeout", [5, 10, 60])
def test_many_silent_brokers_are_degraded_in_time(machine, recurring, timeout):
    """
    All of them share the time that is left. What is too short to prove anything is not asked.
    """
    names = ",".join(f"n:pw@192.0.2.{number}:5672" for number in range(10, 18))
    machine.files[NOVA] = f"[DEFAULT]\ntransport_url = rabbit://{names}/\n"
    run_worker(machine, "nova-scheduler")
    machine.network.web[5672, ""] = TimeoutError()

    seen = recurring(agent="nova-scheduler", timeout=timeout)

    assert seen.code == DEGRADED
    assert "does not answer (no connection to broker 192.0.2.10:5672)" in seen.reason
    assert machine.itself.slept < 0.9 * timeout


@pytest.mark.parametrize("port", ["56720567", "65536", "0", "9" * 5000])
def test_a_port_that_does_not_exist_is_degraded_for_ever(machine, recurring, port):
    """
    No restart corrects transport_url. The number may be a part of the password.
    """
    run_worker(machine, "nova-conductor")
    machine.files[NOVA] = f"[DEFAULT]\ntransport_url = rabbit://nova:pw@mq1:{port}/\n"

    for _ in range(4):
        seen = recurring(agent="nova-conductor")
        assert seen.code == DEGRADED
        assert seen.reason == "nova-conductor: transport_url: the port of broker mq1 does not exist"
        machine.sleep(30)


def test_no_part_of_a_broken_transport_url_is_logged(machine, recurring):
    """
    A URL without "//" holds the password at a place where nobody expects it.
    """
    machine.files[NOVA] = "[DEFAULT]\ntransport_url = rabbit:/nova:SECRETPW@mq1:5672/\n"
    run_worker(machine, "nova-scheduler")
    recurring(agent="nova-scheduler", environ={"HA_debug": "1"})

    assert "transport_url is not that of a RabbitMQ" in str(machine.itself.logged)
    assert "SECRETPW" not in str(machine.itself.logged)


def test_six_hundred_connections_to_the_broker_cost_one_lookup(machine, recurring):
    """
    Only the daemon's own connections are compared, and all that it has go to one address.
    """
    run_worker(machine, "nova-conductor")
    for pid in range(100, 400):
        machine.process(pid, command="other\0")
        machine.connects(pid, f"203.0.113.{pid % 250}", 5672)
        machine.connects(43, "192.0.2.5", 5672)

    assert recurring(agent="nova-conductor").code == SUCCESS
    assert machine.network.lookups == ["mq1", "fd00::2"]


def test_a_watch_learns_which_socket_goes_to_the_broker(machine):
    """
    Process, file descriptor and inode are those of a connection, and not of another socket of the same process.
    """
    run_worker(machine, "nova-conductor")
    assert held_socket(machine, "nova-conductor") is None
    machine.connects(43, "198.51.100.1", 3306)
    machine.connects(43, "192.0.2.5", 5672)

    assert held_socket(machine, "nova-conductor") == (43, 4, "1001")


def test_a_worker_without_a_broker_has_no_such_socket(machine):
    """
    With ZeroMQ there is none to look at.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(43, "192.0.2.5", 5672)

    assert held_socket(machine, "nova-scheduler", zeromq="true") is None


@pytest.mark.parametrize(("transport", "code"), [("json-rpc", SUCCESS), ("oslo", ERR_GENERIC)])
def test_a_conductor_that_is_asked_by_http_needs_no_broker(machine, recurring, transport, code):
    """
    Ironic's API and conductors may talk without a broker. The configuration then has no transport_url, or an old one.
    """
    config = "/etc/ironic/ironic.conf"
    machine.files[config] = f"[DEFAULT]\nrpc_transport = {transport}\ntransport_url = rabbit://i:pw@mq1:5672/\n"
    run_worker(machine, "ironic-conductor", config)
    recurring(agent="ironic-conductor")
    machine.sleep(61)

    assert recurring(agent="ironic-conductor").code == code


NOTIFIED = "[DEFAULT]\ntransport_url = rabbit://n:pw@mq1:5672/\n"
OWN = "[oslo_messaging_notifications]\ntransport_url = rabbit://n:pw@192.0.2.30:5672/\n"
MANY = (
    "[notification]\nmessaging_urls = rabbit://n:pw@192.0.2.31:5672/\nmessaging_urls = rabbit://n:pw@192.0.2.32:5672/\n"
)
LISTENERS = ("ceilometer-agent-notification", "aodh-listener", "aodh-notifier", "designate-sink")


def listens(machine, agent, text):
    """A daemon that listens for notifications, with this text in its configuration."""
    project = agent.partition("-")[0]
    machine.files[f"/etc/{project}/{project}.conf"] = NOTIFIED + text
    run_worker(machine, agent, f"/etc/{project}/{project}.conf")


@pytest.mark.parametrize(
    ("agent", "text", "address"),
    [
        *((agent, OWN, "192.0.2.30") for agent in LISTENERS),
        *((agent, "", "192.0.2.5") for agent in LISTENERS),
        ("designate-sink", OWN, "192.0.2.5"),
        (LISTENERS[0], MANY, "192.0.2.31"),
        (LISTENERS[0], MANY, "192.0.2.32"),
    ],
)
def test_a_listener_may_be_connected_to_the_brokers_of_the_notifications(machine, recurring, agent, text, address):
    """
    Notifications may have brokers of their own. A sink without handlers listens to none, and is connected to the others.
    """
    listens(machine, agent, text)
    assert recurring(agent=agent).code == DEGRADED
    machine.sleep(61)
    machine.connects(43, address, 5672)

    assert recurring(agent=agent).code == SUCCESS


@pytest.mark.parametrize("agent", LISTENERS)
def test_a_listener_whose_broker_is_away_is_degraded_for_ever(machine, recurring, agent):
    """
    The other broker is well, but the daemon does not need it.
    """
    listens(machine, agent, OWN)
    greets = machine.network.ask_greeting

    def ask_greeting(place, *rest):
        if place[0] == "192.0.2.30":
            raise ConnectionRefusedError(111, "x")
        return greets(place, *rest)

    machine.network.ask_greeting = ask_greeting
    for _ in range(3):
        seen = recurring(agent=agent)
        assert seen.code == DEGRADED
        assert "broker 192.0.2.30:5672 refuses connections" in seen.reason
        machine.sleep(61)


def test_a_listener_without_any_connection_is_restarted(machine, recurring):
    """
    All brokers are well.
    """
    listens(machine, "aodh-listener", OWN)
    assert recurring(agent="aodh-listener").code == DEGRADED
    machine.sleep(61)

    assert recurring(agent="aodh-listener").code == ERR_GENERIC


def test_a_listener_of_another_driver_needs_no_rabbitmq(machine, recurring):
    """
    The notifications come from Kafka, and transport_url is for the other daemons.
    """
    listens(machine, "aodh-listener", "[oslo_messaging_notifications]\ntransport_url = kafka://192.0.2.40:9092/\n")
    recurring(agent="aodh-listener")
    machine.sleep(61)

    assert recurring(agent="aodh-listener").code == SUCCESS
