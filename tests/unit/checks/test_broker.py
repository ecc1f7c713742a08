"""Is the daemon connected to one of its message brokers?"""

import pytest

from ocf_lib.codes import DEGRADED, SUCCESS

from ..worlds import run_worker


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
    assert seen.reason == "nova-conductor: no connection to broker mq1:5672, for 0 s so far"


@pytest.mark.parametrize(
    ("answer", "what"),
    [(ConnectionRefusedError(111, "x"), "refuses connections"), (TimeoutError(), "does not answer")],
)
def test_a_broker_that_is_away_is_degraded_for_ever(machine, recurring, answer, what):
    """
    A restart of the daemon does not help, however long the broker is away.
    """
    run_worker(machine, "nova-conductor")
    machine.network.web[5672, ""] = machine.network.web[5673, ""] = answer
    for _ in range(3):
        seen = recurring(agent="nova-conductor")
        machine.sleep(100)
        assert seen.code == DEGRADED
        assert what in seen.reason


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
