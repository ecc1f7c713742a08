"""Out of the load balancer's rotation before a stop: a file at which the API's own health check answers 503.

Source: disable_by_file of the healthcheck of oslo.middleware, and disable_path
of Swift's.  The load balancer sees the 503 and sends nothing more.  What it has
sent is still answered.
"""

from __future__ import annotations

from .. import patience
from ..context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon.process import Process


def leave(context: Context, leader: Process) -> None:
    """Leave the rotation, and wait for ``drain_time``, or until the daemon's *leader* ends.

    The wait takes a part of the stop's time at most.  Whatever goes wrong, the stop goes on.
    """
    wanted = int(context.usable("drain_time")) if context.has("drain_time") else 0
    path = _file(context)
    if not wanted or not path:
        return
    seconds = min(wanted, context.left() * patience.DRAIN_SHARE)
    if seconds < wanted:
        context.log.warn(f"drain_time={wanted} does not fit into the timeout of stop: {seconds:.0f} s")
    files = context.host.files
    if files.kind(path):
        context.log.info(f"{path} is there already: this instance is out of rotation")
    elif not files.is_directory(path.rpartition("/")[0]):
        context.log.warn(f"drain_file: {path} cannot be made, its directory is missing")
        return
    else:
        try:
            files.write(path, _text(context), 0o644)
        except OSError as problem:
            context.log.warn(f"drain_file: {path}: {problem.strerror}")
            return
    context.log.info(f"out of rotation by {path}, for {seconds:.0f} s")
    context.host.processes.wait([leader.key], seconds)


def come_back(context: Context) -> None:
    """Remove the file that this resource made, also in a stop that did not get to its end."""
    path = _file(context)
    files = context.host.files
    try:
        if path and files.kind(path) == "file" and files.read(path) == _text(context):
            files.remove(path)
    except OSError as problem:
        context.log.warn(f"drain_file: {path}: {problem.strerror}")


def _file(context: Context) -> str:
    return str(context.usable("drain_file")) if context.has("drain_file") else ""


def _text(context: Context) -> str:
    """What the file says: whose it is, and why it is there."""
    return f"The resource {context.instance} is being stopped by the cluster, and removes this file afterwards.\n"
