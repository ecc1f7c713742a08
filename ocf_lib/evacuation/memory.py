"""What the evacuator remembers of a node between two passes.

The loss of it costs a wait.  An instance that Nova has started though it was stopped before may run on.  And of a full
member that is away, nobody knows any more whether it was back: a person has to fence or confirm it again.
"""

from __future__ import annotations

from .. import errors, notes
from ..context import Context

REASONS = (
    (
        "the evacuator cannot keep a note: ...",
        "Degraded. Make room in the run directory of the agents. Nothing is ordered before.",
    ),
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PREFIX = "evacuation-"
_FORM = 1  # of the text; one of another form is of another version of the agent


class Memory:
    """A note in the run directory.  All times in it are on the clock of ``Context.now``."""

    def __init__(self, context: Context, node: str) -> None:
        self._note = notes.Dated(context, f"{_PREFIX}{node.replace('/', '_')}")
        # One from the time before a reboot has times on another clock, and no age.
        self._before = self._note.read() if self._note.age() is not None else ""
        self.data = _parsed(self._before)

    def part(self, name: str) -> dict[str, Any]:
        """One part of the memory, which the caller may change."""
        found: dict[str, Any] = self.data.setdefault(name, {})
        return found

    def save(self) -> None:
        """Write it down.  Raises Degraded if that fails: without it, an order might be given twice."""
        import json

        text = json.dumps({**self.data, "form": _FORM})
        trouble = self._note.write(text) if text != self._before else ""
        if trouble:
            raise errors.Degraded(f"the evacuator cannot keep a note: {trouble}")
        self._before = text

    def forget(self) -> None:
        """Forget the node."""
        if self._before:
            self._note.forget()
        self._before, self.data = "", {}


def forget_all(context: Context) -> None:
    """Forget every node."""
    directory, _, prefix = context.own_file(_PREFIX).rpartition("/")
    for name in context.host.files.names(directory):
        if name.startswith(prefix):
            notes.Note(context, "", f"{directory}/{name}").forget()


def _parsed(text: str) -> dict[str, Any]:
    import json

    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("form") == _FORM else {}
