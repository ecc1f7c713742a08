"""The first part of the proof of death: the cluster has fenced the node, by its power, and Nova knows its host."""

from __future__ import annotations

from .. import errors, patience
from ..cluster import fencing, marker, power
from ..cluster.cib import Cib, Node
from ..cluster.fencing import Fencing
from ..cluster.marker import Marker
from ..context import Context
from ..record import Record
from . import pace
from .records import Service

REASONS = (
    (
        "... is unclean: its fencing has not succeeded",
        "Degraded. Look at the fencing device. If the node is off, pull its plug and run pcs stonith confirm.",
    ),
    (
        "... was fenced, but ...: nothing proves that it is dead",
        "Degraded. A level or a device for the node cuts no power: add one that does. Or nobody can tell whether a level is"
        " for this node: name the nodes in it. If the node is off, run pcs stonith confirm.",
    ),
    (
        "... is evacuated only after it was fenced: evacuate=yes alone proves nothing",
        "Degraded. Fence the node (pcs stonith fence), or remove the attribute evacuate.",
    ),
    ("... is no host of Nova", "Degraded. Give the pair of names in host_map, or correct compute_nodes."),
    ("... may be any of the hosts ...", "Degraded. Give the pair of names in host_map."),
    (
        "host_map: ... is no pair node=host, a name stands there twice",
        "Degraded. Correct the parameter. Nothing is evacuated before.",
    ),
    (
        "... was fenced, but its marker is of a later time: a clock was wrong",
        "Degraded. Correct the clocks, let the permanent attribute openstack-evacuation of the node hold 'done 0', and fence"
        " the node again.",
    ),
    (
        "... is away, and nobody knows whether it was back since it was fenced",
        "Degraded. The evacuator was started or moved after that fencing. If the node is dead, fence it again or confirm"
        " it (pcs stonith confirm).",
    ),
)


class Found(Record):
    """What the cluster knows of the fencing of a node."""

    fencing: int = 0  # number of one that is newer than the marker; 0 if there is none
    by: str = ""  # who did it
    refusal: str = ""  # why nothing may be done, for a reason


def look(cib: Cib, history: tuple[Fencing, ...], node: Node, old: int) -> Found:
    """Was *node* fenced since its marker was written?

    A full member may have been back since the fencing *old*, and since each one before it.
    """
    mark, killed, name = marker.parse(node.marker), fencing.last(history, node.name), node.name
    if node.is_unclean:
        # A success in the history is an older one.
        return Found(refusal=f"{name} is unclean: its fencing has not succeeded")
    number = number_of(history, node)
    if not number or (node.is_remote and not node.is_online and not node.fenced):
        # Nobody has fenced it, or it has returned since, and was stopped in an orderly way.
        return Found()
    if mark and abs(number - mark.fencing) <= patience.SAME_FENCING:
        return Found()
    if mark and number < mark.fencing and not (node.is_remote and node.fenced):
        later = f"{name} was fenced, but its marker is of a later time: a clock was wrong"
        return Found(refusal="" if node.is_online or mark.state == "pending" else later)
    if number <= old + patience.SAME_FENCING and not (node.is_remote or (node.is_online and node.is_held)):
        unknown = f"{name} is away, and nobody knows whether it was back since it was fenced"
        return Found(refusal="" if node.is_online or (mark and mark.state == "pending") else unknown)
    by = killed.by if killed else "the cluster"
    weak = "" if by == fencing.A_HUMAN else power.without_power(cib, name)
    if weak:
        return Found(refusal=f"{name} was fenced, but {weak}: nothing proves that it is dead")
    return Found(fencing=number, by=by)


def number_of(history: tuple[Fencing, ...], node: Node) -> int:
    """The number of the last fencing of *node*, 0 if there was none.  That of a remote node is one for all nodes."""
    killed = fencing.last(history, node.name)
    return node.fenced if node.is_remote and node.fenced else killed.completed if killed else 0


def is_fresh(mark: Marker, number: int, date: float) -> bool:
    """Is the fencing with this number another one than that of the marker, and too young for a return of its node?

    Its age is a difference on one clock.  The number in the marker may be of another clock, which is not hours apart.
    """
    is_young = -patience.SAME_FENCING <= date - number < pace.FRESH_FENCING
    return is_young and number - mark.fencing > pace.CLOCKS_APART


def row(context: Context, node: Node, services: tuple[Service, ...]) -> tuple[Service | None, str]:
    """The nova-compute of *node*, and ""; or None, and why it is not clear, or "" if Nova does not know the node."""
    computes = [one for one in services if one.binary == "nova-compute"]
    name = _mapped(context).get(node.name.casefold(), "")
    if name:
        found = [one for one in computes if one.host == name]
        return (found[0], "") if found else (None, f"{name} is no host of Nova")
    same = [one for one in computes if one.host.casefold() == node.name.casefold()]
    # Two full names of different domains are two hosts.
    short = [
        one for one in computes if _short(one.host) == _short(node.name) and not ("." in one.host and "." in node.name)
    ]
    domain = context.get("domain").strip(".").casefold()
    there = [one for one in short if one.host.casefold() == f"{_short(node.name)}.{domain}"]
    for found in (same, there, short):
        if len(found) == 1:
            return found[0], ""
    names = ", ".join(one.host for one in same or short)
    return None, f"{node.name} may be any of the hosts {names}" if names else ""


def is_declared(context: Context, node: Node) -> bool | None:
    """Is *node* a compute node, as far as the parameters say it?  None if they do not say it of any node."""
    if node.name.casefold() in _declared(context):
        return True
    return False if context.get("compute_nodes").replace(",", " ").split() else None


def flaw(context: Context, cib: Cib, services: tuple[Service, ...]) -> str:
    """Why a declared node could not be evacuated if it died now; "" if each one could."""
    for name in _declared(context):
        node = cib.node(name)
        if node is None:
            return f"{name} is no node of the cluster"
        found, unclear = row(context, node, services)
        weak = power.without_power(cib, node.name)
        if found is None or weak:
            return unclear or (f"{weak}: a fencing would prove nothing" if found else f"{node.name} is no host of Nova")
    return ""


def check(context: Context) -> None:
    """Raise Degraded if nobody can tell which hosts are meant."""
    for word in _pairs(context):
        if not all(word.partition("=")):
            raise errors.Degraded(f"host_map: {word!r} is no pair node=host")
    for names in zip(*(word.split("=", 1) for word in _pairs(context))):
        if len({name.casefold() for name in names}) < len(names):
            raise errors.Degraded("host_map: a name stands there twice")


def _declared(context: Context) -> tuple[str, ...]:
    """The names of the compute nodes that the parameters have, in lower case."""
    return tuple(dict.fromkeys((*context.get("compute_nodes").replace(",", " ").casefold().split(), *_mapped(context))))


def _pairs(context: Context) -> list[str]:
    return context.get("host_map").replace(",", " ").replace(";", " ").split()


def _mapped(context: Context) -> dict[str, str]:
    """{node: host} of the parameter host_map."""
    words = _pairs(context)
    return {node.casefold(): host for node, _, host in (word.partition("=") for word in words)}


def _short(name: str) -> str:
    return name.partition(".")[0].casefold()
