"""Is there a daemon, and may it work?  The look before all checks, and all that a probe looks at."""

from __future__ import annotations

from .. import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.process import Process

ABOUT = "The daemon runs, and no signal has stopped it. A probe looks at nothing else."
REASONS = (
    ("the daemon has ended, and nothing is left of it", "It crashed. Pacemaker starts it again. Read its log."),
    (
        "the main process is gone, but of its processes these live: ...",
        "It crashed. Pacemaker stops what is left, and starts it again. Read its log.",
    ),
    ("pid N is stopped by a signal (state T)", "Somebody sent SIGSTOP. Pacemaker restarts it."),
)


def present(daemon: Daemon) -> Process | None:
    """The daemon's leader, or None if nothing is left of it.

    Raises AgentError if there is something, and it is not well.
    """
    log, name = daemon.context.log, daemon.service.name
    found = daemon.find()
    if found.leader is None:
        if not found.parts:
            log.debug(f"{name} is not running")
            return None
        pids = " ".join(str(part.pid) for part in found.parts[:10])
        raise errors.AgentError(f"the main process is gone, but of its processes these live: {pids}")
    if found.leader.state == "T":
        raise errors.AgentError(f"pid {found.leader.pid} is stopped by a signal (state T)")
    log.debug(f"{name} is pid {found.leader.pid}")
    return found.leader


def gone() -> errors.Gone:
    """Nothing is left of it, as a recurring monitor says it."""
    return errors.Gone("the daemon has ended, and nothing is left of it")
