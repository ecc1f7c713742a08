"""Are OVN's databases well that the configuration of a Neutron daemon names?"""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC

from ..worlds import NEUTRON, run_worker

REFUSES, HANGS, ANSWERS, CLOSES = ConnectionRefusedError(111, "x"), TimeoutError(), b'{"id":0', b""
BOTH = "[ovn]\novn_nb_connection = tcp:127.0.0.1:6641\novn_sb_connection = tcp:127.0.0.1:6642\n"
MEMBERS = "[ovn]\novn_sb_connection = ssl:[::1]:6642,ssl:127.0.0.1:16642\n"


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
        ("[ml2]\nmechanism_drivers = openvswitch\n" + BOTH, {"p6641": REFUSES, "p6642": REFUSES}),
        ("[ovn]\novn_sb_connection = unix:/run/ovn/ovnsb_db.sock\n", {}),
        ("[DEFAULT]\n", {}),
    ],
)
def test_a_silence_with_ovn_in_order_is_the_daemons_own_fault(machine, recurring, text, ports):
    """
    The same if the daemon does not use OVN, or if nobody can tell.
    """
    assert hangs_with(machine, recurring, text, **ports).code == ERR_GENERIC
