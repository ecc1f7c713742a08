"""A daemon that the agent has just launched: does it still run, and if not, what did it log last?"""

from __future__ import annotations

from .. import errors
from ..context import Context

_WORDS = 70  # characters of a daemon's last line; more would not fit into an exit reason


class Child:
    """One launched process, and how long the logs were before the launch."""

    def __init__(self, context: Context, pid: int, logs: list[tuple[str, int]]) -> None:
        self.pid = pid
        self._context = context
        self._logs = logs

    def still_runs(self) -> None:
        """Raise Died, with the daemon's last words, if the daemon has ended."""
        how = self._context.host.programs.ended(self.pid)
        if how is not None:
            raise errors.Died(f"ended at once, {how}{logged(self._context, self._logs)}")


def logged(context: Context, logs: list[tuple[str, int]]) -> str:
    """The last words in the *logs*, (path, size before the launch); "" if there are none."""
    words = ""
    for path, size in logs:
        lines = [line for line in context.host.files.tail(path, size).splitlines() if line.strip()]
        # After a traceback, oslo.log writes a line that holds only the prefix of its lines.
        while len(lines) > 1 and lines[-2].startswith(lines[-1].rstrip()):
            lines.pop()
        if lines:
            words = said(context, lines[-1], path)
    return words


def said(context: Context, line: str, where: str) -> str:
    """A daemon's last line, for the end of a reason."""
    # Mask first, then cut.  A cut secret would no longer be recognised.
    return f": {context.log.masked(line)[-_WORDS:]} ({where})"
