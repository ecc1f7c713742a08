"""Before all checks: does the daemon run, and has no signal stopped it?  A probe looks at nothing else."""

from __future__ import annotations

from .. import errors, patience
from ..daemon.process import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.process import Process

ABOUT = "The daemon runs, and no signal has stopped it. A probe looks at nothing else."
REASONS = (
    ("the daemon has ended, and nothing is left of it", "The daemon crashed. Pacemaker starts it again. Read its log."),
    (
        "the main process is gone, but these processes of the daemon live: ...",
        "The daemon crashed. Pacemaker stops the rest of it, and starts it again. Read its log.",
    ),
    ("pid N is stopped by a signal (state T)", "Somebody sent SIGSTOP. Pacemaker restarts the daemon."),
    (
        "every worker is stopped by a signal (state T): pid N ...",
        "Somebody sent SIGSTOP to the workers. Pacemaker restarts the daemon.",
    ),
    errors.HUNG,
)


def present(daemon: Daemon) -> Process | None:
    """The daemon's leader, or None if no process of the daemon is left.

    Raises AgentError if only other processes are left, or if a signal has stopped the leader.
    """
    log, name = daemon.context.log, daemon.service.name
    found = daemon.find()
    if found.leader is None:
        if not found.parts:
            log.debug(f"{name} is not running")
            return None
        pids = " ".join(str(part.pid) for part in found.parts[:10])
        raise errors.AgentError(f"the main process is gone, but these processes of the daemon live: {pids}")
    if found.leader.state == "T":
        raise errors.AgentError(f"pid {found.leader.pid} is stopped by a signal (state T)")
    log.debug(f"{name} is pid {found.leader.pid}")
    return found.leader


def awake(daemon: Daemon) -> None:
    """Raise Silence if a signal has stopped the leader, or all of its workers: nobody is left to answer.

    The workers have the leader's name.  A helper has another one.  If no process
    has the leader's name, its child processes are the workers, as with
    neutron-rpc-server.  But a program that serves the tenants is none.
    """
    leader = daemon.leader
    if leader is None:
        return
    seen = [one for pid in daemon.family() if (one := read(daemon.context.host, pid)) is not None]
    if any(one.state == "T" and one.key == leader.key for one in seen):
        raise errors.Silence(f"pid {leader.pid} is stopped by a signal (state T)")
    others = [one for one in seen if one.key != leader.key]
    workers = [one for one in others if one.name == leader.name]
    if not workers and not daemon.service.leaves_running:
        # Workers that gave themselves another name.
        workers = [one for one in others if one.parent == leader.pid]
    if workers and all(one.state == "T" for one in workers):
        pids = " ".join(str(one.pid) for one in workers[:10])
        raise errors.Silence(f"every worker is stopped by a signal (state T): pid {pids}")


def worked(daemon: Daemon) -> float:
    """Seconds of processor time that the living processes of the daemon have used."""
    return sum(daemon.context.host.processes.worked(pid) for pid in daemon.family())


def is_starved(daemon: Daemon) -> bool:
    """Does the daemon want to run just now, while other programs have the processors?  It takes a moment to see."""
    host, family = daemon.context.host, daemon.family()
    before, began = sum(host.processes.waited(pid) for pid in family), daemon.context.now()
    daemon.context.sleep(min(patience.STARVED_LOOK, daemon.context.left() / 4))
    waited = sum(host.processes.waited(pid) for pid in family) - before
    return waited > patience.STARVED * (daemon.context.now() - began)


class Quiet:
    """The first time of a daemon that no check can ask: it has to live for a while, and until it has loaded.

    A daemon may notice that it cannot run only when it has loaded.  On a busy
    machine that takes long, but all the while the daemon uses the processor.
    """

    def __init__(self, daemon: Daemon, wanted: bool) -> None:
        self._daemon, self._wanted = daemon, wanted
        self._looked, self._worked = daemon.context.now(), worked(daemon)
        self._until = self._looked + (patience.QUIET_LIFE if wanted else 0)
        # A worker may find work at once.
        self._longest = min(self._looked + patience.QUIET_LONGEST, daemon.context.deadline - 1)

    def over(self) -> bool:
        """Is this time over?"""
        now = self._daemon.context.now()
        if self._wanted and now - self._looked >= patience.QUIET_PAUSE:
            used, before, seconds = worked(self._daemon), self._worked, now - self._looked
            self._looked, self._worked = now, used
            if used - before > patience.WORKS * seconds:
                self._until = max(self._until, now + patience.QUIET_PAUSE)
        return now >= min(self._until, self._longest)


def gone() -> errors.Gone:
    """The error with which a recurring monitor says that no process of the daemon is left."""
    return errors.Gone("the daemon has ended, and nothing is left of it")
