"""What a resource remembers between two invocations: small files in the run directory.

A note is a help and never a verdict: if the file system does not let us read,
write or remove one, the log says so, and the action goes on without it.
"""

from __future__ import annotations

from .context import Context


class Note:
    """One thing to remember, in a file that only root can read and that a reboot removes."""

    def __init__(self, context: Context, name: str) -> None:
        self._files = context.host.files
        self._log = context.log
        self._path = context.own_file(name)

    def read(self) -> str:
        """What was noted, "" if nothing was or it cannot be read."""
        try:
            return self._files.read(self._path) or ""
        except OSError as problem:
            self._warn(problem)
            return ""

    def age(self) -> float | None:
        """Seconds since it was noted, or None if it was not or that cannot be told."""
        try:
            return self._files.age(self._path)
        except OSError as problem:
            self._warn(problem)
            return None

    def write(self, text: str) -> None:
        """Note *text* in the place of what was noted before."""
        try:
            self._files.write(self._path, text, 0o600)
        except OSError as problem:
            self._warn(problem)

    def forget(self) -> None:
        """Remove the note; none there is fine."""
        try:
            self._files.remove(self._path)
        except OSError as problem:
            self._warn(problem)

    def _warn(self, problem: OSError) -> None:
        self._log.warn(f"{self._path}: {problem.strerror}")


def token(context: Context) -> Note:
    """The token in hand."""
    return Note(context, "token")


def not_yet(context: Context) -> Note:
    """Since when the daemon has not been quite up."""
    return Note(context, "not-yet")


def last_monitor(context: Context) -> Note:
    """What the last recurring monitor of this interval saw; its age says when."""
    return Note(context, f"monitor-{context.interval * 1000:.0f}")


def unsettle(context: Context) -> None:
    """Let the next recurring monitor return at once, as it is part of a transition of the cluster."""
    directory, _, prefix = context.own_file("monitor-").rpartition("/")
    for name in context.host.files.names(directory):
        if name.startswith(prefix):
            Note(context, f"monitor-{name[len(prefix) :]}").forget()
    not_yet(context).forget()
