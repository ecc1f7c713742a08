"""What is known about one process, and which processes of a daemon were found."""

from __future__ import annotations

from ..host import Host
from ..record import Record


class Process(Record):
    """A process, as it was when the agent read /proc."""

    pid: int
    state: str  # R, S, D, T, Z, ... of proc(5)
    parent: int
    session: int
    start: int  # ticks since boot; pid and start together never name another process
    name: str  # at most 15 characters, as ps(1) shows it

    @property
    def key(self) -> tuple[int, int]:
        """Pid and start time, as ``processes.wait`` takes them."""
        return self.pid, self.start


class Found(Record):
    """The processes of a daemon that were found."""

    leader: Process | None = None  # the daemon's main process
    parts: tuple[Process, ...] = ()  # its other processes; a cheap look that finds the leader leaves them out

    @property
    def all(self) -> tuple[Process, ...]:
        """All processes, the leader first."""
        return (*((self.leader,) if self.leader else ()), *self.parts)


def read(host: Host, pid: int) -> Process | None:
    """A living process, or None if the process is gone or a zombie."""
    stat = host.processes.stat(pid)
    if stat is None or stat[0] in "ZX":
        return None
    state, parent, session, start, name = stat
    return Process(pid=pid, state=state, parent=parent, session=session, start=start, name=name)
