"""Is the evacuation of a node pending?  Until it is finished, nova-compute must not start on the node."""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..record import Record
from . import fencing, marker


class Pending(Record):
    """An evacuation that is not finished, as far as anybody knows."""

    why: str  # for a reason
    has_begun: bool = True  # false only if the evacuator has not begun with it, and one knows that


def of(context: Context, node: str) -> Pending | None:
    """The evacuation of *node* that is pending, or None.

    A question that nobody can answer counts as pending: a nova-compute that
    starts too early destroys the disks of instances that are being evacuated.
    """
    if not node:
        return Pending(why="Pacemaker did not say which node this is")
    try:
        mark = marker.read(context, node)
        if mark is None or mark.state == "done":
            killed = fencing.last(fencing.history(context), node)
            if killed is None or (mark and mark.covers(killed.completed)):
                return None
            return Pending(why=f"the evacuation of {node} is not finished", has_begun=False)
    except errors.Degraded as problem:
        return Pending(why=f"nobody knows whether the evacuation of {node} is finished: {problem}")
    return Pending(why=f"the evacuation of {node} is not finished")
