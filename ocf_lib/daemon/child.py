"""A daemon that the agent has just launched: does it still run, and if not, what did it log last?"""

from __future__ import annotations

from .. import errors
from ..context import Context

_WORDS = 70  # characters of a daemon's last line; more would not fit into an exit reason


class Child:
    """One launched process, and how long the logs were before the launch."""

    def __init__(self, context: Context, pid: int, logs: list[tuple[str, int]]) -> None:
        self.pid = pid
        self._host = context.host
        self._log = context.log
        self._logs = logs

    def still_runs(self) -> None:
        """Raise Died, with the daemon's last words, if the daemon has ended."""
        how = self._host.programs.ended(self.pid)
        if how is not None:
            raise errors.Died(f"ended at once, {how}{self._last_words()}")

    def _last_words(self) -> str:
        words = ""
        for path, size in self._logs:
            lines = [line for line in self._host.files.tail(path, size).splitlines() if line.strip()]
            # After a traceback, oslo.log writes a line that holds only the prefix of its lines.
            while len(lines) > 1 and lines[-2].startswith(lines[-1].rstrip()):
                lines.pop()
            if lines:
                # Mask first, then cut.  A cut secret would no longer be recognised.
                words = f": {self._log.masked(lines[-1])[-_WORDS:]} ({path})"
        return words
