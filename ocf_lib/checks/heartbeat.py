"""Heartbeats: the cheap looks that a watching monitor takes at the daemon.

A look alone never decides.  If one fails, the monitor makes its full checks.
"""

from __future__ import annotations

from .. import errors, patience
from . import of, process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..daemon import Daemon

    Beat = Callable[[float], None]


class Heartbeat:
    """The looks of one watch: at the processes, and what the kinds of check repeat."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._beats: list[Beat] | None = None

    def missed(self) -> str:
        """What a look now finds wrong, for the log; "" if all is well."""
        try:
            if self._beats is None:
                self._beats = [kind.load().beat(self._daemon) for kind in of(self._daemon.service) if kind.beats]
            process.awake(self._daemon)
            for beat in self._beats:
                beat(min(patience.HEARTBEAT_ANSWERS, self._daemon.context.left() * patience.API_SHARE))
        except errors.AgentError as problem:
            return str(problem)
        return ""
