"""The launch record: which process an agent launched for this resource, and where its processes live.

The record is a line in a file beside the pid file: pid, start time, session,
control groups.  Pid and start time together never name another process, so the
daemon is known whatever it calls itself.  The pid file stays as the old agents
wrote it.
"""

from __future__ import annotations

from .. import notes
from ..context import Context
from ..record import Record
from .process import Process, read


class Launched(Record):
    """One process that an agent launched or adopted."""

    pid: int
    start: int  # ticks since boot
    session: int = 0  # the session of the daemon's own; 0 if it shares that of others
    groups: tuple[str, ...] = ()  # control groups of its own; none if it shares that of others

    def leader(self, context: Context) -> Process | None:
        """This process, or None if it has ended."""
        process = read(context.host, self.pid)
        return process if process is not None and process.start == self.start else None

    def __str__(self) -> str:
        return " ".join((str(self.pid), str(self.start), str(self.session), *(self.groups or ("-",))))


def mark(context: Context) -> str:
    """The mark of this resource, which the processes that an agent launched have in their environment."""
    return f"{context.service.name}/{context.instance}"


def record(context: Context) -> Launched | None:
    """The record of this resource; None if there is none, or one that makes no sense."""
    return parse(notes.launched(context).read())


def is_of(context: Context, process: Process) -> bool:
    """Does the record of this resource name *process*?"""
    known = record(context)
    return known is not None and (known.pid, known.start) == process.key


def parse(text: str) -> Launched | None:
    """The record in *text*, or None."""
    words = text.split()
    if len(words) < 4 or not all(word.isdecimal() and len(word) < 20 for word in words[:3]) or int(words[0]) < 2:
        return None
    pid, start, session = (int(word) for word in words[:3])
    # No other group is a daemon's own, and "/" holds every process of the host.
    groups = tuple(word for word in words[3:] if word.startswith("/") and (".scope" in word or ".service" in word))
    return Launched(pid=pid, start=start, session=session, groups=groups)


def remember(context: Context, process: Process, session: int, *groups: str) -> None:
    """Write the record of the daemon's main *process*, and of the *session* and the control *groups* of its own."""
    own = tuple(group for group in groups if group)
    known = Launched(pid=process.pid, start=process.start, session=session, groups=own)
    notes.launched(context).write(f"{known}\n")
