"""stop: end every process of the daemon, and prove that none is left."""

from __future__ import annotations

from .. import codes, daemon, errors, notes, patience, state
from ..checks import api
from ..context import Context
from ..daemon.process import Found, Process, read
from . import drain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon

REASONS = (("still alive after SIGKILL: pid N (D)", "A stop failed. If fencing is on, Pacemaker restarts the node."),)


def stop(context: Context) -> codes.ExitCode:
    """End the daemon, by force if necessary.

    After a failed stop the cluster fences this node.  So only a living process
    may make a stop fail.  A stop needs no program, configuration, account,
    credentials or API, and a wrong parameter does not make it fail.
    """
    ours, began = daemon.of(context), context.now()
    end_all(ours)
    ours.forget()
    if notes.held(context).read():
        from . import hold

        hold.forget(context)
    notes.unsettle(context)
    state.remove(context)
    context.log.info(f"{context.service.name} is down after {context.now() - began:.2f} s")
    return codes.SUCCESS


def end_all(ours: Daemon) -> None:
    """End every process of the daemon: ask first, then use SIGKILL.

    Raises AgentError if a process outlives SIGKILL.
    """
    context = ours.context
    found = ours.find_all()
    mercy = _mercy(ours, found)
    if found.leader is not None and mercy > patience.IDLE_END:
        # It works, as far as anybody can tell: clients may be waiting for answers.
        drain.leave(context, found.leader)
    # What is left after the polite question is for SIGKILL and the proof first.
    ours.end(found, min(mercy, max(context.left() * patience.STOP_SHARE, context.left() - patience.KILL_AND_PROVE)))
    # Child processes usually end with their parent.  The orphans of a killed parent do not.
    left = _left(ours, found.all)
    _signal(context, left, "SIGTERM")
    _wait(context, left, min(1.0, context.left() * 0.1))
    while True:
        left = _left(ours, left)
        if not left:
            return drain.come_back(context)
        if context.now() >= context.deadline:
            pids = ", ".join(f"{process.pid} ({process.state})" for process in left[:10])
            raise errors.AgentError(f"still alive after SIGKILL: pid {pids}")
        _signal(context, left, "SIGKILL")
        _wait(context, left, min(1.0, context.left()))
        context.sleep(patience.PROOF_PAUSE)


def _left(ours: Daemon, before: tuple[Process, ...]) -> tuple[Process, ...]:
    """The living processes of the daemon: those found now, and those known *before* that still live.

    The agent knows a child that changed its command line only by its parent.
    When the parent has ended, a new search no longer finds that child.
    """
    now = {process.key: process for process in ours.find_all().all}
    for process in before:
        seen = read(ours.context.host, process.pid)
        if seen is not None and seen.key == process.key:
            now.setdefault(seen.key, seen)
    return tuple(now.values())


def _mercy(ours: Daemon, found: Found) -> float:
    """How many seconds the daemon gets for a clean end.  An operator who raises the timeout of stop raises them."""
    clean = max(patience.CLEAN_END, ours.context.left() - patience.KILL_AND_PROVE)
    if found.leader is None or any(process.state == "T" for process in found.all):
        return patience.IDLE_END
    if not ours.service.api.port:
        return clean
    context = ours.context
    try:
        # If the servers for names are away, the question would take all the time of the stop.
        if not ours.address.is_numeric:
            return clean
        api.check(ours, min(patience.POLITE_QUESTION, context.left() * 0.1))
    except errors.Degraded:
        return clean
    except errors.AgentError as problem:
        context.log.debug(str(problem))
        return patience.IDLE_END
    return clean


def _signal(context: Context, processes: tuple[Process, ...], name: str) -> None:
    for process in processes:
        context.log.debug(f"{name} to pid {process.pid}")
        context.host.processes.signal(process.pid, process.start, name)


def _wait(context: Context, processes: tuple[Process, ...], seconds: float) -> None:
    context.host.processes.wait([process.key for process in processes], seconds)
