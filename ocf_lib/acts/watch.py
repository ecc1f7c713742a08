"""The second half of a recurring monitor: it stays and watches the daemon for a while."""

from __future__ import annotations

from .. import notes, patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..context import Context
    from ..daemon import Daemon
    from ..daemon.process import Process


def dies_while_watched(context: Context, leader: Process, seen: str) -> bool:
    """Watch the daemon for ``watch_time`` seconds.  If the daemon dies, return True at once.

    The agent watches only if the last recurring monitor of this interval ended
    a moment ago and saw the same.  There are two reasons.  The first monitor
    after a start, a reload, a probe or a pause is part of a transition of the
    cluster, and the transition would wait for it.  And a service that has just
    become degraded, or well again, is reported first.
    """
    note = notes.last_monitor(context)
    age, before = note.age(), note.read().strip()
    if before == "degraded" and seen == "well":
        context.log.info(f"{context.service.name} is well again")
    dies = False
    if age is not None and age < 2 * context.interval + patience.INTERRUPTED and before == seen:
        seconds = min(context.number("watch_time"), context.left() * patience.WATCH_SHARE)
        if seen == "degraded":
            seconds = min(seconds, patience.DEGRADED_WATCH)
        if seconds > 0:
            context.log.debug(f"watching pid {leader.pid} for {seconds:.0f} s")
            dies = context.host.processes.wait([leader.key], seconds)
    note.write(seen + "\n")
    return dies


def let_workers_follow(ours: Daemon) -> None:
    """Give the child processes of a daemon that has just died a moment to end, too."""
    context = ours.context
    until = context.now() + patience.WORKERS_FOLLOW
    while ours.find().all and context.now() < until:
        context.sleep(0.01)
