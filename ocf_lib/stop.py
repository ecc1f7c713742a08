"""stop: end the daemon and all that is part of it, and prove that it is gone."""

from __future__ import annotations

from . import api, codes, errors, notes, patience
from .context import Context
from .finder import finder
from .process import Process, view


def stop(context: Context) -> codes.ExitCode:
    """Bring the daemon down, by force if it must be.

    A failed stop gets this node fenced, so nothing may fail here but for a
    living process: program, configuration, account, credentials and API are
    not needed, and a malformed parameter is no reason.
    """
    began = context.now()
    end_all(context)
    try:
        context.host.files.remove(context.pid_file)
    except OSError as problem:
        context.log.warn(f"{context.pid_file}: {problem.strerror}")
    notes.unsettle(context)
    if context.get("unit"):
        _release_unit(context)
    context.log.info(f"{context.service.name} is down after {context.now() - began:.2f} s")
    return codes.SUCCESS


def end_all(context: Context) -> None:
    """End every process of the service: asked, then forced.

    Raises AgentError if one outlives SIGKILL.
    """
    found = finder(context).everything(context)
    if found.main is not None:
        _ask_to_end(context, found.main, found.all)
    # Workers end with their parent, as a rule; orphans of a killed one do not.
    left = _left(context, found.all)
    _signal(context, left, "SIGTERM")
    context.host.processes.wait([process.key for process in left], min(1.0, context.left() * 0.1))
    while True:
        left = _left(context, left)
        if not left:
            return
        if context.now() >= context.deadline:
            pids = ", ".join(f"{process.pid} ({process.state})" for process in left[:10])
            raise errors.AgentError(f"{context.service.name}: still alive after SIGKILL: pid {pids}")
        _signal(context, left, "SIGKILL")
        context.host.processes.wait([process.key for process in left], min(1.0, context.left()))
        context.sleep(patience.PROOF_PAUSE)


def _left(context: Context, before: tuple[Process, ...]) -> tuple[Process, ...]:
    """What lives of the service: what can be found now, and what was known *before*.

    A child that changed its command line is known by its parent only, and so
    no longer once that has ended.
    """
    now = {process.key: process for process in finder(context).everything(context).all}
    for process in before:
        seen = view(context.host, process.pid)
        if seen is not None and seen.key == process.key:
            now.setdefault(seen.key, seen)
    return tuple(now.values())


def _ask_to_end(context: Context, main: Process, family: tuple[Process, ...]) -> None:
    """Have the main process end in its own way, for as long as that makes sense."""
    stopped = [process for process in family if process.state == "T"]
    mercy = patience.IDLE_END if stopped else _mercy(context)
    seconds = min(mercy, context.left() * patience.STOP_SHARE)
    if _unit_stops(context, main, seconds):
        return
    _signal(context, [main], "SIGTERM")
    # One that is stopped gets the signal when it is continued.
    _signal(context, stopped, "SIGCONT")
    if not context.host.processes.wait([main.key], seconds):
        context.log.warn(f"{context.service.name}: pid {main.pid} does not end within {seconds:.0f} s of SIGTERM")


def _unit_stops(context: Context, main: Process, seconds: float) -> bool:
    """Have systemd stop the daemon if it is a unit's, the ``unit`` parameter's or that of an adopted one."""
    from . import unit

    try:
        name = unit.name(context) if context.get("unit") else unit.runs(context, main)
        if name:
            context.log.info(f"stopping {name}")
            unit.stop(context, name, seconds)
            return True
    except errors.AgentError as problem:
        context.log.warn(f"{problem}; ending its processes ourselves")
    return bool(context.get("unit"))


def _mercy(context: Context) -> float:
    """Seconds that a clean end is worth waiting for."""
    if not context.service.api.port:
        return patience.CLEAN_END
    try:
        api.check(context, min(patience.POLITE_QUESTION, context.left() * 0.1))
    except errors.BadParameter:
        return patience.CLEAN_END
    except errors.AgentError as problem:
        context.log.debug(str(problem))
        return patience.IDLE_END
    return patience.CLEAN_END


def _release_unit(context: Context) -> None:
    from . import unit

    try:
        unit.release(context)
    except (errors.AgentError, OSError) as problem:
        context.log.warn(str(problem))


def _signal(context: Context, processes, name: str) -> None:
    for process in processes:
        context.log.debug(f"{name} to pid {process.pid}")
        context.host.processes.signal(process.pid, process.start, name)
