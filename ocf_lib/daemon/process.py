"""A process as it was seen, and what was found of a daemon."""

from __future__ import annotations

from ..host import Host
from ..record import Record


class Process(Record):
    """A process as it was when it was looked at."""

    pid: int
    state: str  # R, S, D, T, Z, ... of proc(5)
    parent: int
    session: int
    start: int  # ticks since boot; with the pid it names a process for ever

    @property
    def key(self) -> tuple[int, int]:
        """What ``processes.wait`` takes."""
        return self.pid, self.start


class Found(Record):
    """What there is of a service's daemon."""

    leader: Process | None = None  # the process whose life is the daemon's
    parts: tuple[Process, ...] = ()  # whatever else of it lives; a cheap look that finds the leader leaves them out

    @property
    def all(self) -> tuple[Process, ...]:
        """The leader first."""
        return (*((self.leader,) if self.leader else ()), *self.parts)


def read(host: Host, pid: int) -> Process | None:
    """A live process; None if it is gone or only its zombie is left."""
    stat = host.processes.stat(pid)
    if stat is None or stat[0] in "ZX":
        return None
    state, parent, session, start = stat
    return Process(pid=pid, state=state, parent=parent, session=session, start=start)
