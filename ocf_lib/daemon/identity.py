"""Which process is the daemon's main process: by construction first, by looks last.

A pid file is a hint and never a proof: on a busy controller the kernel uses a
pid again within minutes.
"""

from __future__ import annotations

from ..context import Context
from . import launched
from .process import Found, Process, read


def find(context: Context) -> Found:
    """The daemon, as cheaply as possible: the leader of the launch record, or of the pid file, else by a search.

    If the record or the pid file names the leader, its other processes are not looked for.
    """
    known = launched.record(context)
    leader = (known.leader(context) if known else None) or _believed(context)
    return Found(leader=leader) if leader else find_all(context)


def find_all(context: Context) -> Found:
    """The daemon and all its processes: children, orphans of a killed parent, helpers that run as root."""
    # Loaded here, because a monitor of a daemon with a record needs no search.
    from .search import Search

    return Search(context).found()


def _believed(context: Context) -> Process | None:
    """The process that the pid file names, or None if nothing else says that this process is the daemon."""
    from .looks import Looks
    from .others import Others
    from .pid_file import PidFile

    process = read(context.host, PidFile(context).pid())
    if process is None or not Looks(context).fits(process):
        return None
    return None if Others(context).resource(process) else process
