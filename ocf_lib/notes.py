"""What the agent remembers between two invocations: small files in the run directory.

A note helps, but never decides.  If the agent cannot read, write or remove a
note, it logs that, and the action goes on without the note.
"""

from __future__ import annotations

from .context import Context

_LONGEST = 20  # digits of a number of seconds


class Note:
    """One thing to remember, in a file that only root can read and that a reboot removes."""

    def __init__(self, context: Context, name: str, path: str = "") -> None:
        self._files = context.host.files
        self._log = context.log
        self._path = path or context.own_file(name)

    def read(self) -> str:
        """The text of the note; "" if there is no note or it cannot be read."""
        try:
            return self._files.read(self._path) or ""
        except OSError as problem:
            self._warn(problem)
            return ""

    def exists(self) -> bool:
        """Is there a note, though it may be empty?"""
        try:
            return self._files.read(self._path) is not None
        except OSError as problem:
            self._warn(problem)
            return False

    def write(self, text: str) -> str:
        """Write *text* in place of the old note.  Returns why that failed, or ""."""
        try:
            self._files.write(self._path, text, 0o600)
        except OSError as problem:
            return self._warn(problem)
        return ""

    def forget(self) -> None:
        """Remove the note.  A missing note is no error."""
        try:
            self._files.remove(self._path)
        except OSError as problem:
            self._warn(problem)

    def _warn(self, problem: OSError) -> str:
        said = f"{self._path}: {problem.strerror}"
        self._log.warn(said)
        return said


class Dated(Note):
    """A note that holds the time at which it was written.

    That time is on the clock of ``Context.now``.  The time of the file is on a
    clock that somebody may set.
    """

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._now = context.now
        self._seen: tuple[float | None, str] | None = None

    def age(self) -> float | None:
        """Seconds since the note was written, or None if there is no note or its age is unknown."""
        return self._look()[0]

    def read(self) -> str:
        """The text of the note; "" if there is no note or it cannot be read."""
        return self._look()[1]

    def write(self, text: str) -> str:
        """Write *text* in place of the old note.  Returns why that failed, or ""."""
        self._seen = None
        return super().write(f"{self._now():.3f} {text}")

    def _look(self) -> tuple[float | None, str]:
        """Age and text of the note, from one look at the file."""
        if self._seen is None:
            written, _, text = super().read().partition(" ")
            seconds, _, rest = written.partition(".")
            known = len(seconds) < _LONGEST and (seconds + rest).isdecimal() and (seconds + rest).isascii()
            age = self._now() - float(f"{seconds}.{rest}") if known else None
            # A note from the time before a reboot, or of an earlier version of the agent.
            self._seen = (None if age is None or age < 0 else age, text)
        return self._seen


def token(context: Context) -> Note:
    """The stored token."""
    return Note(context, "token")


def failed_login(context: Context) -> Dated:
    """Why the last login failed."""
    return Dated(context, "login")


def launched(context: Context) -> Note:
    """The launch record.  That of a unit has another name: if ``unit`` is given or taken away, the other one counts."""
    return Note(context, "unit" if context.get("unit") else "launched")


def launched_by_others(context: Context) -> dict[str, str]:
    """{resource: its launch record}, for all other resources on this host."""
    directory, _, own = context.own_file("launched").rpartition("/")
    names = [name for name in context.host.files.names(directory) if name.endswith(".launched") and name != own]
    return {name.removesuffix(".launched"): Note(context, "", f"{directory}/{name}").read() for name in names}


def not_yet(context: Context) -> Dated:
    """When a recurring monitor of this interval began to find NotYet.

    Each interval has a note of its own: a monitor that looks less deep does not
    find what another one finds.
    """
    return Dated(context, f"not-yet-{context.interval * 1000:.0f}")


def relayed(context: Context) -> Dated:
    """The reason of a question that the daemon passed on, and that had no answer: a worker may still wait for it."""
    return Dated(context, "relayed")


def excused(context: Context) -> Dated:
    """Which component was away, when a silence of the daemon was last explained by that."""
    return Dated(context, "excused")


def reported(context: Context) -> Dated:
    """The worker's last reports that its API shows, and when these last changed."""
    return Dated(context, "reported")


def listened(context: Context) -> Note:
    """Which main process was seen listening on the port that the operator chose, and that port."""
    return Note(context, "listened")


def last_monitor(context: Context) -> Dated:
    """What the last recurring monitor of this interval saw.  The age of the note says when."""
    return Dated(context, f"monitor-{context.interval * 1000:.0f}")


def held(context: Context) -> Note:
    """Why a start has launched nothing: the monitors launch the daemon as soon as they may."""
    return Note(context, "held")


def state(context: Context) -> Dated:
    """What the attribute of the node says of the service."""
    # Other agents have files such as VirtualDomain-NAME.state in the same directory.
    return Dated(context, "shown")


def unsettle(context: Context) -> None:
    """Make the next recurring monitor return at once, because that monitor is part of a transition of the cluster.

    That monitor also shows the state again.  If Pacemaker itself was restarted,
    the attributes of the node are gone, and the first action is a probe.
    """
    directory, _, prefix = context.own_file("").rpartition("/")
    for name in context.host.files.names(directory):
        for kind in ("monitor-", "not-yet-"):
            if name.startswith(prefix + kind):
                Note(context, name[len(prefix) :]).forget()
    state(context).forget()
