"""The history of fencing, as the fencers of the cluster remember it.

Source: stonith-event of Pacemaker's lib/fencing/st_output.c.  Without
``--verbose``, stonith_admin prints only the last fencing that succeeded.

Each fencer writes down its own time of a fencing.  So two nodes give one
fencing two numbers.
"""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..record import Record
from . import program

A_HUMAN = "a human"
"""Who fenced, if somebody has confirmed it (``pcs stonith confirm``)."""
_KILLS = ("off", "reboot")


class Fencing(Record):
    """One attempt of the cluster to fence a node."""

    target: str
    action: str  # off, reboot or on
    status: str  # success, failed or pending
    completed: int  # seconds of the epoch, on the clock of the fencer that was asked; 0 while it is pending
    by: str  # node that did it, A_HUMAN, or else the program that wants it

    @property
    def kills(self) -> bool:
        """Does it take the life of the node?  "on" gives it back."""
        return self.action in _KILLS

    def is_of(self, node: str) -> bool:
        """Is this a fencing of *node*?  Pacemaker does not look at upper and lower case, either."""
        return self.target.casefold() == node.casefold()


def history(context: Context) -> tuple[Fencing, ...]:
    """All that the fencers remember, the newest first.  Raises Degraded if they cannot be asked."""
    root = program.ask_xml(context, "pacemaker-result", "stonith_admin", "--history=*", "--verbose", "--output-as=xml")
    found = [
        Fencing(
            target=event.get("target", ""),
            action=event.get("action", ""),
            status=event.get("status", ""),
            completed=_seconds(event.get("completed", "")),
            by=event.get("delegate", event.get("client", "")),
        )
        for event in root.iter("fence_event")
    ]
    # A pending fencing becomes the newest one when it ends.
    return tuple(sorted(found, key=lambda one: (one.status == "pending", one.completed), reverse=True))


def last(found: tuple[Fencing, ...], node: str) -> Fencing | None:
    """The newest success in fencing *node*; None if the fencers remember none."""
    return next((one for one in found if one.is_of(node) and one.kills and one.status == "success"), None)


def _seconds(text: str) -> int:
    """The seconds of the epoch of a time as "2026-11-30 10:12:34.123456 +01:00", or with Z; 0 if there is none."""
    from datetime import datetime

    if not text:
        return 0
    try:
        return int(
            datetime.fromisoformat(text.replace("Z", "+00:00").replace(" +", "+").replace(" -", "-")).timestamp()
        )
    except ValueError:
        raise errors.Degraded(f"the answer of the cluster cannot be read: stonith_admin: completed={text!r}") from None
