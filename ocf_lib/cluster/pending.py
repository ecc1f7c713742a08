"""Is the evacuation of a node pending?  Until it is finished, nova-compute must not start on the node."""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..record import Record
from . import fencing, marker


class Pending(Record):
    """An evacuation that is not finished, as far as anybody knows."""

    why: str  # for a reason
    is_known: bool = True  # false if nobody knows whether there is one
    has_begun: bool = False  # the evacuator may have given orders
    fencing: int = 0  # ``completed`` of the fencing that it belongs to; 0 if that is not known


def of(context: Context, node: str) -> Pending | None:
    """The evacuation of *node* that is pending, or None.

    A question that nobody can answer counts as pending: a nova-compute that
    starts too early destroys the disks of instances that are being evacuated.
    """
    if not node:
        return Pending(why="Pacemaker did not say which node this is", is_known=False)
    why = f"the evacuation of {node} is not finished"
    try:
        mark = marker.read(context, node)
        if mark and mark.state == "pending":
            # Before its first order, the evacuator writes down which service it has forced down.
            return Pending(why=why, has_begun=mark.service != "", fencing=mark.fencing)
        killed = fencing.last(fencing.history(context), node)
    except errors.Degraded as problem:
        return Pending(why=f"nobody knows whether the evacuation of {node} is finished: {problem}", is_known=False)
    if killed is None or (mark and mark.covers(killed.completed)):
        return None
    return Pending(why=why, fencing=killed.completed)
