"""The cases of the fault matrix: what happens, what has to follow, and why a case does not run in the box."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """One case."""

    what: str
    expected: str
    why: str = ""
    """why it does not run in the box; "" if it does"""


_API = "its events come between two requests to Nova, and no clock of the box decides that; the logic decides it"
_STATES = "only Nova's API decides it; the logic is tested with each state"

CASES = {
    1: Case("a compute with running, stopped and broken instances loses its power", "each runs or stays stopped elsewhere"),
    2: Case("nova-compute crashes, its host lives", "its own agent restarts it; nothing is evacuated"),
    3: Case("pacemaker_remote is killed, the guests run on", "the host is fenced, then evacuated"),
    4: Case("the same, and the fencing does not succeed", "no order while that lasts; evacuated once it succeeds"),
    5: Case("the fencing device cuts another machine", "nova-compute still reports, so no order"),
    6: Case("a fencing level cuts no power (fence_compute alone)", "no order; the reason names the level",
            "the box has no fence_compute; the CIB that decides it is tested"),
    7: Case("fencing is off", "no order, and validate-all says so", "the box cannot fence without fencing; the logic is tested"),
    8: Case("standby, maintenance, a disabled resource, an orderly stop", "nothing is evacuated"),
    9: Case("an operator fences a node", "evacuated"),
    10: Case("an operator pulls the plug and confirms it", "evacuated"),
    11: Case("the old attribute evacuate=yes on a living node", "no order: nothing proves a death"),
    12: Case("the host is back before the evacuation is finished", "nova-compute is held until then"),
    13: Case("the host is back while orders are in flight", "the same; the records are completed at its start",
             "case 12 has orders in flight, too"),
    14: Case("nova-compute is enabled at boot, and starts in the middle", "no more orders; what is in flight is watched", _API),
    15: Case("an instance is being built when its host dies", "it stays; the others move", _STATES),
    16: Case("a user deletes an instance in the middle", "it is gone, and nobody waits for it", _STATES),
    17: Case("a live migration away from the dead host is in flight", "it is left alone and reported",
             "the driver of the box cannot migrate; the logic is tested"),
    18: Case("a live migration to the dead host is in flight", "it is not on the list of the host, so it is not touched",
             "the driver of the box cannot migrate; the logic is tested"),
    19: Case("a resize is in flight", "it is left alone and reported", _STATES),
    20: Case("a user stops an instance between death and evacuation", "evacuated; it ends stopped", _STATES),
    21: Case("paused, suspended, rescued, shelved", "reported; moved with reset_states", _STATES),
    22: Case("each pass of the evacuator is killed", "each instance gets one order"),
    23: Case("the controller with the evacuator dies beside a compute", "another controller fences both and goes on"),
    24: Case("the whole cluster is restarted in the middle", "the marker is there, and it goes on"),
    25: Case("Keystone or nova-api is away", "degraded with a reason; it goes on by itself"),
    26: Case("the broker or the conductors are away after the order", "it waits, and gives no second order", _API),
    27: Case("Nova cannot list its migrations", "no order in that pass", _API),
    28: Case("an order has no answer, but was taken", "no second order", _API),
    29: Case("the new host dies during the evacuation", "evacuated from there, once its death is proven"),
    30: Case("the new host is slow", "it is not overtaken", "cases 12 and 24 hold the new host for as long as they want"),
    31: Case("two computes die at once", "both are evacuated"),
    32: Case("no other compute takes instances", "no order, so no instance gets the state ERROR"),
    33: Case("the scheduler finds no host for some", "the others move; these are tried again", _STATES),
    34: Case("two members of an anti-affinity group", "one after the other, never on one host", _STATES),
    35: Case("a group with hard affinity", "reported: Nova cannot evacuate it", _STATES),
    36: Case("the quota of the project is used up", "evacuated: Nova does not ask", "Nova decides it, no order of ours"),
    37: Case("the new host does not see the disk", "refused, and tried again"),
    38: Case("Nova says that the host is still in use", "no more orders for it; its death is proven anew", _API),
    39: Case("wrong credentials, or no admin", "degraded; no order, and no other instance is touched", _STATES),
    40: Case("names: short, long, two that fit, unknown", "mapped, or held with a reason", _STATES),
    41: Case("an operator has evacuated an instance", "nothing is done to it", _STATES),
    42: Case("an operator had disabled the compute", "it stays disabled after its return"),
    43: Case("an operator lifts forced_down in the middle", "no more orders, with a reason", _API),
    44: Case("1200 instances on one host", "all pages are read; never more in flight than allowed", "too many for the box"),
    45: Case("tagged and excluded instances", "only the wanted ones move", _STATES),
    46: Case("the evacuator is enabled long after a fencing", "nothing is moved: nova-compute reports", _API),
    47: Case("a node is fenced again during its evacuation", "the same round goes on", _API),
    48: Case("the clocks of the controllers differ", "no two clocks are compared", "all hosts of the box have one clock"),
    49: Case("a second compute dies while the first one is held", "it is fenced at once"),
    50: Case("the evacuator is moved again and again", "it stops at once and goes on elsewhere"),
    51: Case("a cell of Nova is down", "held: an empty list proves nothing", "the box has one cell"),
    52: Case("Nova refuses to lift forced_down", "tried until the records are complete; enabled only then", _API),
}  # fmt: skip
