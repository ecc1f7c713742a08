"""The marker: how far the evacuation of a node is, as a permanent attribute of the node.

A permanent attribute outlives a return of the node and a restart of the whole
cluster.  Each change of it is a change of the cluster's configuration.  Nobody
removes it: the history goes on showing the fencing, and without a marker that
says "done", the fencing would count as a new one.
"""

from __future__ import annotations

from .. import patience
from ..context import Context
from ..record import Record
from . import program

ATTRIBUTE = "openstack-evacuation"
_STATES = ("pending", "done")
_PARTIAL = "partial"


class Marker(Record):
    """What the marker of a node says."""

    state: str  # pending or done
    fencing: int  # ``completed`` of the fencing that it belongs to
    service: str = ""  # uuid of nova-compute's row in Nova; "" if it is not known yet
    partial: bool = False  # some instances could not be evacuated

    @property
    def text(self) -> str:
        """The value of the attribute."""
        return " ".join(
            [self.state, str(self.fencing), *([self.service] * bool(self.service)), *([_PARTIAL] * self.partial)]
        )

    def covers(self, fencing: int) -> bool:
        """Does it belong to the fencing with this number, or to a later one?  Two nodes give one fencing two numbers."""
        return fencing <= self.fencing + patience.SAME_FENCING


def parse(text: str) -> Marker | None:
    """The marker with this text; None if there is none, or the text is no marker."""
    state, *rest = text.split() or [""]
    number, *rest = rest or [""]
    if state not in _STATES or not (number.isdecimal() and number.isascii() and len(number) < 16):
        return None
    partial = rest[-1:] == [_PARTIAL]
    service = rest[0] if len(rest) > partial else ""
    return Marker(state=state, fencing=int(number), service=service, partial=partial)


def read(context: Context, node: str) -> Marker | None:
    """The marker of one node; None if it has none.  Raises Degraded if the cluster cannot be asked."""
    lines = program.ask(context, *_at(node), "--query", "--quiet", "--default=none").split("\n")
    # Warnings stand before the value.
    return parse(next((line for line in reversed(lines) if line), ""))


def write(context: Context, node: str, marker: Marker) -> None:
    """Let the attribute hold *marker*.  Raises Degraded if the cluster does not take it."""
    program.ask(context, *_at(node), f"--update={marker.text}")


def _at(node: str) -> tuple[str, ...]:
    return ("crm_attribute", "--type=nodes", f"--node={node}", f"--name={ATTRIBUTE}")
