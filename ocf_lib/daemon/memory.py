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
    _write(context, process, scope.make(context, process))


def adopted(context: Context, leader: Process) -> None:
    """Write down which process the daemon's leader is.  Otherwise each look would read all processes."""
    group = context.host.groups.of(leader.pid)
    own = scope.whose(group) == scope.owner(context) or group.rpartition("/")[2] in systemd.names(context)
    _write(context, leader, group if own else "")


def forget(context: Context) -> None:
    """Remove what was written, because the daemon is down."""
    PidFile(context).remove()
    notes.launched(context).forget()


def _write(context: Context, process: Process, group: str) -> None:
    launched.remember(context, process, group)
    PidFile(context).write(process.pid)
