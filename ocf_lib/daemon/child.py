"""A daemon that the agent has just launched: does it still run, and what were its last words?"""

from __future__ import annotations

from .. import errors
from ..context import Context

_WORDS = 70  # of a daemon's last line, so that what matters fits into an exit reason


class Child:
    """One launch, and where the logs ended before it."""

    def __init__(self, context: Context, pid: int, logs: list[tuple[str, int]]) -> None:
        self.pid = pid
        self._host = context.host
        self._log = context.log
        self._logs = logs

    def still_runs(self) -> None:
        """Raise Died, with the daemon's last words, once it has ended."""
        how = self._host.programs.ended(self.pid)
        if how is not None:
            raise errors.Died(f"ended at once, {how}{self._last_words()}")

    def _last_words(self) -> str:
        words = ""
        for path, size in self._logs:
            lines = [line for line in self._host.files.tail(path, size).splitlines() if line.strip()]
            # oslo.log ends a traceback with a line that is only its prefix.
            while len(lines) > 1 and lines[-2].startswith(lines[-1].rstrip()):
                lines.pop()
            if lines:
                # The cut comes last: it might leave a part of a secret.
                words = f": {self._log.masked(lines[-1])[-_WORDS:]} ({path})"
        return words
