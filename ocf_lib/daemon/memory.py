"""What an agent writes down about the daemon that it has launched or adopted: launch record and pid file."""

from __future__ import annotations

from .. import errors, notes
from ..context import Context
from . import launched, scope, systemd
from .pid_file import PidFile
from .process import Process, read


def born(context: Context, pid: int) -> None:
    """Give a child that waits for its launch a control group of its own, and write down which process it is."""
    process = read(context.host, pid)
    if process is None:
        raise errors.AgentError(f"the process that was to become {context.service.name} has ended")
    # The child may not yet have come to make its session.
    launched.remember(context, process, pid, scope.make(context, process))
    PidFile(context).write(pid)


def adopted(context: Context, leader: Process) -> None:
    """Write down which process the daemon's leader is.  Otherwise each look would read all processes."""
    group = context.host.groups.of(leader.pid)
    own = scope.whose(group) == scope.owner(context) or group.rpartition("/")[2] in systemd.names(context)
    session = leader.pid if leader.session == leader.pid else 0
    launched.remember(context, leader, session, group if own else "")
    PidFile(context).write(leader.pid)


def forget(context: Context) -> None:
    """Remove what was written, because the daemon is down."""
    PidFile(context).remove()
    notes.launched(context).forget()
