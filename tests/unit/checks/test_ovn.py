"""Are OVN's databases well that the configuration of a Neutron daemon names?"""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC

from ..worlds import NEUTRON, run_worker

REFUSES, HANGS, ANSWERS, CLOSES = ConnectionRefusedError(111, "x"), TimeoutError(), b'{"id":0', b""
ML2 = "[ml2]\nmechanism_drivers = sriovnicswitch, ovn\n"
BOTH = f"{ML2}[ovn]\novn_nb_connection = tcp:127.0.0.1:6641\novn_sb_connection = tcp:127.0.0.1:6642\n"
NORTH, SOUTH = (f"[ovn]\novn_{name}_connection = unix:/run/ovn/ovn{name}_db.sock\n" for name in ("nb", "sb"))
MEMBERS = f"{ML2}[ovn]\novn_nb_connection = unix:/run/ovn/ovnnb_db.sock\novn_sb_connection = ssl:[::1]:6642,ssl:127.0.0.1:16642\n"


def hangs_with(machine, recurring, text, **ports):
    """What the monitor of a silent API says, with this configuration and these servers."""
    machine.files[NEUTRON] = text
    run_worker(machine, "neutron-server", NEUTRON)
    machine.answers("/", TimeoutError(), port=9696)
    for port, answer in ports.items():
        machine.network.web[int(port[1:]), ""] = answer
    return recurring(agent="neutron-server")


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        (BOTH, {"p6641": REFUSES, "p6642": ANSWERS}),
        (BOTH, {"p6641": ANSWERS, "p6642": REFUSES}),
        (BOTH, {"p6641": ANSWERS, "p6642": HANGS}),
        (MEMBERS, {"p6642": REFUSES, "p16642": HANGS}),
        # Neutron's own defaults, 6641 and 6642 of this node.
        (ML2, {"p6641": REFUSES, "p6642": ANSWERS}),
        (ML2 + NORTH, {"p6642": REFUSES}),
    ],
)
def test_a_silence_with_a_database_of_ovn_away_is_degraded(machine, recurring, text, ports):
    """
    Each worker of the API waits for it, and a restart cures nothing. All members of a cluster have to be away.
    """
    seen = hangs_with(machine, recurring, text, **ports)

    assert seen.code == DEGRADED
    assert seen.reason.startswith("neutron-server: OVN database ")


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        (BOTH, {"p6641": ANSWERS, "p6642": ANSWERS}),
        # A server that wants TLS closes the connection.
        (MEMBERS, {"p6642": REFUSES, "p16642": CLOSES}),
        (BOTH.replace(", ovn", ", openvswitch"), {"p6641": REFUSES, "p6642": REFUSES}),
        # A section that an earlier driver has left behind.
        (BOTH.replace(ML2, ""), {"p6641": REFUSES, "p6642": REFUSES}),
        (BOTH.replace(", ovn", ", my-ovn"), {"p6641": REFUSES, "p6642": REFUSES}),
        (ML2 + SOUTH, {"p6641": ANSWERS, "p6642": REFUSES}),
        ("[DEFAULT]\n", {"p6641": REFUSES, "p6642": REFUSES}),
    ],
)
def test_a_silence_with_ovn_in_order_is_the_daemons_own_fault(machine, recurring, text, ports):
    """
    The same if the daemon does not use OVN, or if nobody can tell.
    """
    assert hangs_with(machine, recurring, text, **ports).code == ERR_GENERIC


@pytest.mark.parametrize(
    ("agent", "code"), [("neutron-ovn-metadata-agent", DEGRADED), ("neutron-metadata-agent", ERR_GENERIC)]
)
def test_an_agent_of_ovn_waits_for_its_database(machine, recurring, agent, code):
    """
    Its files name no drivers, and it opens its socket when OVN's southbound database has answered. Other agents never ask OVN.
    """
    machine.files[NEUTRON] = f"[DEFAULT]\ntransport_url = rabbit://n:pw@mq1:5672/\n{BOTH.replace(ML2, '')}"
    machine.processes.accounts["root"] = (64, 64, "/root")
    run_worker(machine, agent, NEUTRON)
    machine.connects(42, "192.0.2.5", 5672)
    machine.network.web[6642, ""] = machine.network.web[6641, ""] = REFUSES

    seen = recurring(agent=agent)
    assert seen.code == code
    assert ("OVN database 127.0.0.1:6642 refuses connections" in seen.reason) == (code == DEGRADED)
