"""Do the daemon's own processes hold its UDP ports and UNIX sockets?"""

import pytest

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..worlds import BROKER, NEUTRON, run_worker

OCTAVIA = "/etc/octavia/octavia.conf"
DESIGNATE = "/etc/designate/designate.conf"
GNOCCHI = "/etc/gnocchi/gnocchi.conf"


@pytest.mark.parametrize(("text", "port"), [("", 5555), ("[health_manager]\nbind_port = 5556\n", 5556)])
def test_the_port_has_to_be_held_by_the_daemon_itself(machine, recurring, text, port):
    """
    The health manager runs on without the child process that hears the heartbeats, and then takes every amphora for dead.
    """
    machine.files[OCTAVIA] = f"[DEFAULT]\n{text}"
    run_worker(machine, "octavia-health-manager", OCTAVIA)

    lost = recurring(agent="octavia-health-manager")
    # Another program may have the port.
    machine.network.sockets_bound[str(port)] = {"77"}
    taken = recurring(agent="octavia-health-manager")
    machine.network.held[43] = {"77"}

    assert (lost.code, taken.code) == (ERR_GENERIC, ERR_GENERIC)
    assert lost.reason.endswith(f"none of its processes holds UDP port {port}")
    assert recurring(agent="octavia-health-manager").code == SUCCESS


@pytest.mark.parametrize(("text", "port"), [("", 8125), ("[statsd]\nport = 8126\n", 8126)])
def test_the_port_of_statsd_has_to_be_held_by_the_daemon_itself(machine, recurring, text, port):
    """
    The daemon answers nobody, so nothing else shows that it cannot receive.
    """
    machine.files[GNOCCHI] = f"[DEFAULT]\n{text}"
    run_worker(machine, "gnocchi-statsd", GNOCCHI)

    lost = recurring(agent="gnocchi-statsd")
    machine.network.sockets_bound[str(port)] = {"77"}
    machine.network.held[42] = {"77"}

    assert lost.code == ERR_GENERIC
    assert lost.reason.endswith(f"none of its processes holds UDP port {port}")
    assert recurring(agent="gnocchi-statsd").code == SUCCESS


def test_every_socket_is_looked_for(machine, recurring):
    """
    Each child process of the driver agent has one of the three UNIX sockets.
    """
    machine.files[OCTAVIA] = "[DEFAULT]\n[driver_agent]\nget_socket_path = /srv/get.sock\n"
    run_worker(machine, "octavia-driver-agent", OCTAVIA)
    for pid, path in enumerate(("/var/run/octavia/status.sock", "/var/run/octavia/stats.sock"), 42):
        machine.holds(pid, path)

    lost = recurring(agent="octavia-driver-agent")
    machine.holds(42, "/srv/get.sock")

    assert lost.code == ERR_GENERIC
    assert lost.reason.endswith("none of its processes holds UNIX socket /srv/get.sock")
    assert recurring(agent="octavia-driver-agent").code == SUCCESS


@pytest.mark.parametrize(
    ("listen", "ports"),
    [("", "5354"), ("listen = 192.0.2.1:53, [fd00::1]:5353\n", "53 5353"), ("listen = 192.0.2.1\n", "5354")],
)
def test_a_list_of_addresses_names_the_ports(machine, recurring, listen, ports):
    """
    An address without a port has the usual port.
    """
    machine.files[DESIGNATE] = f"[DEFAULT]\ntransport_url = rabbit://d:pw@mq1:5672/\n[service:mdns]\n{listen}"
    run_worker(machine, "designate-mdns", DESIGNATE)
    machine.connects(42, "192.0.2.5", 5672)
    for port in ports.split():
        assert recurring(agent="designate-mdns").reason.endswith(f"none of its processes holds UDP port {port}")
        machine.holds(42, port)

    assert recurring(agent="designate-mdns").code == SUCCESS


@pytest.mark.parametrize(
    ("agent", "config"),
    [
        ("neutron-metadata-agent", NEUTRON),
        ("neutron-ovn-metadata-agent", NEUTRON),
        ("quantum-metadata-agent", "/etc/quantum/quantum.conf"),
    ],
)
def test_a_socket_of_another_process_is_not_the_daemons(machine, recurring, agent, config):
    """
    The path is below the configured state_path, and another process may listen there.
    """
    machine.files[config] = BROKER + "state_path = /srv/agent\n"
    run_worker(machine, agent, config)
    machine.connects(42, "192.0.2.5", 5672)
    machine.process(77)
    machine.holds(77, "/srv/agent/metadata_proxy")

    lost = recurring(agent=agent)
    machine.holds(43, "/srv/agent/metadata_proxy")

    assert (lost.code, recurring(agent=agent).code) == (ERR_GENERIC, SUCCESS)
    assert lost.reason == f"{agent}: none of its processes holds UNIX socket /srv/agent/metadata_proxy"


@pytest.mark.parametrize(("here", "code"), [(True, ERR_GENERIC), (False, SUCCESS)])
def test_nobody_reaches_a_socket_whose_file_is_gone(machine, recurring, here, code):
    """
    The kernel lists it all the same. The files of a container are not those of this host.
    """
    agent, path = "neutron-metadata-agent", "/var/lib/neutron/metadata_proxy"
    run_worker(machine, agent, NEUTRON)
    machine.files[f"/run/resource-agents/p_{agent}.launched"] = "42 420 42 -\n"
    machine.connects(42, "192.0.2.5", 5672)
    machine.holds(42, path)
    del machine.files.kinds[path]
    machine.processes[42].here = here

    seen = recurring(agent=agent)

    assert seen.code == code
    assert here == seen.reason.endswith(f"UNIX socket {path} has been removed")
