"""The second half of a recurring monitor: it stays and watches the daemon for a while."""

from __future__ import annotations

from .. import notes, patience
from ..context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.process import Process


def seconds(context: Context, seen: str) -> float:
    """How long this monitor may watch a daemon that it has *seen* "well" or "degraded"; 0 is not at all.

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
    if age is None or age >= 2 * context.interval + patience.INTERRUPTED or before != seen:
        return 0.0
    longest = min(int(context.usable("watch_time")), context.left() * patience.WATCH_SHARE)
    return min(longest, patience.DEGRADED_WATCH) if seen == "degraded" else longest


def watch(ours: Daemon, leader: Process, longest: float, beats: bool) -> str:
    """Watch the daemon for *longest* seconds.  Returns at once what happens to it; "" if nothing does.

    If *beats* is true, the agent takes a short look at the daemon every ``heartbeat`` seconds.
    """
    context = ours.context
    until = context.now() + longest
    pause = int(context.usable("heartbeat")) if beats else 0
    wait = context.host.processes.wait
    context.log.debug(f"watching pid {leader.pid} for {longest:.0f} s")
    if not pause:
        return _ended(leader) if wait([leader.key], longest) else ""
    # Imported here, because a probe does not need it.
    from ..checks.heartbeat import Heartbeat

    heart = Heartbeat(ours)
    while True:
        if wait([leader.key], min(pause, max(until - context.now(), 0))):
            return _ended(leader)
        if context.now() >= until:
            return ""
        missed = heart.missed()
        if missed:
            return _ended(leader) if wait([leader.key], 0) else missed


def _ended(leader: Process) -> str:
    return f"pid {leader.pid} ended while it was watched"


def let_workers_follow(ours: Daemon) -> None:
    """If the daemon has just died, give its child processes a moment to end, too."""
    context = ours.context
    until = context.now() + patience.WORKERS_FOLLOW
    while (found := ours.find()).all and found.leader is None and context.now() < until:
        context.sleep(0.01)
