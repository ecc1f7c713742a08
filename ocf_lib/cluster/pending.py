"""Is the evacuation of a node pending?  Until it is finished, nova-compute must not start on the node."""

from __future__ import annotations

from .. import errors
from ..context import Context
from . import fencing, marker


def why(context: Context, node: str) -> str:
    """Why the evacuation of *node* counts as pending, for a reason; "" if none is pending.

    A question that nobody can answer counts as pending: a nova-compute that
    starts too early destroys the disks of instances that are being evacuated.
    """
    if not node:
        return "Pacemaker did not say which node this is"
    try:
        mark = marker.read(context, node)
        if mark is None or mark.state == "done":
            killed = fencing.last(fencing.history(context), node)
            if killed is None or (mark and mark.covers(killed.completed)):
                return ""
    except errors.Degraded as problem:
        return f"nobody knows whether the evacuation of {node} is finished: {problem}"
    return f"the evacuation of {node} is not finished"
