"""stop: end the daemon and all that is part of it, and prove that it is gone."""

from __future__ import annotations

from .. import codes, daemon, errors, notes, patience
from ..checks import api
from ..context import Context
from ..daemon.process import Found, Process, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon

REASONS = (("still alive after SIGKILL: pid N (D)", "A stop failed. If fencing is on, Pacemaker restarts the node."),)


def stop(context: Context) -> codes.ExitCode:
    """Bring the daemon down, by force if it must be.

    A failed stop gets this node fenced, so nothing may fail here except for a
    living process: program, configuration, account, credentials and API are
    not needed, and a malformed parameter is no reason.
    """
    ours, began = daemon.of(context), context.now()
    end_all(ours)
    ours.forget()
    notes.unsettle(context)
    context.log.info(f"{context.service.name} is down after {context.now() - began:.2f} s")
    return codes.SUCCESS


def end_all(ours: Daemon) -> None:
    """End every process of the service: asked, then forced.

    Raises AgentError if one outlives SIGKILL.
    """
    context = ours.context
    found = ours.find_all()
    if found.leader is not None:
        mercy = min(_mercy(ours, found), context.left() * patience.STOP_SHARE)
        ours.end(found, mercy)
    # Workers end with their parent, as a rule; orphans of a killed one do not.
    left = _left(ours, found.all)
    _signal(context, left, "SIGTERM")
    _wait(context, left, min(1.0, context.left() * 0.1))
    while True:
        left = _left(ours, left)
        if not left:
            return
        if context.now() >= context.deadline:
            pids = ", ".join(f"{process.pid} ({process.state})" for process in left[:10])
            raise errors.AgentError(f"still alive after SIGKILL: pid {pids}")
        _signal(context, left, "SIGKILL")
        _wait(context, left, min(1.0, context.left()))
        context.sleep(patience.PROOF_PAUSE)


def _left(ours: Daemon, before: tuple[Process, ...]) -> tuple[Process, ...]:
    """What lives of the service: what can be found now, and what was known *before*.

    A child that changed its command line is known by its parent only, and so
    no longer once that has ended.
    """
    now = {process.key: process for process in ours.find_all().all}
    for process in before:
        seen = read(ours.context.host, process.pid)
        if seen is not None and seen.key == process.key:
            now.setdefault(seen.key, seen)
    return tuple(now.values())


def _mercy(ours: Daemon, found: Found) -> float:
    """Seconds that a clean end is worth waiting for."""
    if any(process.state == "T" for process in found.all):
        return patience.IDLE_END
    if not ours.service.api.port:
        return patience.CLEAN_END
    context = ours.context
    try:
        api.check(ours, min(patience.POLITE_QUESTION, context.left() * 0.1))
    except errors.BadParameter:
        return patience.CLEAN_END
    except errors.AgentError as problem:
        context.log.debug(str(problem))
        return patience.IDLE_END
    return patience.CLEAN_END


def _signal(context: Context, processes: tuple[Process, ...], name: str) -> None:
    for process in processes:
        context.log.debug(f"{name} to pid {process.pid}")
        context.host.processes.signal(process.pid, process.start, name)


def _wait(context: Context, processes: tuple[Process, ...], seconds: float) -> None:
    context.host.processes.wait([process.key for process in processes], seconds)
