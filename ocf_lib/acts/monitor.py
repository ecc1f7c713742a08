"""monitor and status: does the daemon run and do its work?  A recurring monitor also watches it for a while."""

from __future__ import annotations

from .. import codes, daemon, errors, notes, patience
from ..checks import process
from ..context import Context
from ..daemon import launched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.process import Process


def monitor(context: Context) -> codes.ExitCode:
    """Does the daemon run, and does it do its work?

    The result is NOT_RUNNING only if no process of the daemon is left: after
    this status Pacemaker starts the daemon without a stop.  A probe looks only
    at processes.  So it is quick, and needs no API, credentials, program or
    configuration.
    """
    if context.is_probe:
        notes.unsettle(context)
        return _result(context)
    # Imported here, as everything that a probe does not need.
    from .. import state

    try:
        code = _result(context)
    except errors.AgentError as problem:
        state.show(context, str(problem))
        raise
    state.show(context, state.WELL)
    return code


def _result(context: Context) -> codes.ExitCode:
    """Make the checks, and watch the daemon if that is due."""
    ours = daemon.of(context)
    leader = process.present(ours)
    if leader is None and not context.is_probe and notes.held(context).read().startswith("held"):
        from . import hold

        leader = hold.released(ours)
    if leader is None:
        return _gone(context)
    if context.is_probe and context.depth == 0:
        context.log.debug("no interval, so this is a probe: it looks only at processes")
        return codes.SUCCESS
    if not context.is_probe and not launched.is_of(context, leader):
        # A daemon that a probe found has no record, nor has one that an earlier version of the agent launched.
        ours.adopt()
    if not context.is_probe and context.has("hold") and notes.held(context).read():
        # Somebody has started by hand what was held, or the cluster did not take it back at the last stop.
        from . import hold

        hold.forget(context)
    degraded = _judged(ours, leader)
    if not context.is_probe:
        degraded = _watched(ours, degraded)
    if degraded:
        raise degraded
    return codes.SUCCESS


def status(context: Context) -> codes.ExitCode:
    """Does the daemon run?  Only its processes are looked at."""
    return codes.NOT_RUNNING if process.present(daemon.of(context)) is None else codes.SUCCESS


def _gone(context: Context) -> codes.ExitCode:
    """No process of the daemon is left: NOT_RUNNING from a probe, and an error with a reason otherwise."""
    if context.is_probe:
        return codes.NOT_RUNNING
    raise process.gone()


def _judged(ours: Daemon, leader: Process, suspected: bool = False) -> errors.Degraded | None:
    """Make all checks.  Returns None if they pass, or Degraded if no restart can cure what they find, or not yet."""
    from ..checks.judge import judge

    context = ours.context
    try:
        if judge(ours, leader, suspected) is None:
            raise process.gone()
        notes.not_yet(context).forget()
    except errors.NotYet as problem:
        return _within_grace(context, problem)
    except errors.Degraded as problem:
        # While another one was at fault, the daemon could not get well.
        notes.not_yet(context).forget()
        return problem
    mistake = context.mistake()
    return errors.Degraded(mistake) if mistake else None


def _watched(ours: Daemon, degraded: errors.Degraded | None) -> errors.Degraded | None:
    """Watch the daemon, and make all checks again if something happens to it.  Returns the last verdict."""
    from . import watch

    context, leader = ours.context, ours.leader
    longest = watch.seconds(context, "degraded" if degraded else "well")
    if leader and longest > 0:
        event = watch.watch(ours, leader, longest, beats=not degraded)
        if event:
            context.log.info(event)
            watch.let_workers_follow(ours)
            again = process.present(ours)
            if again is None:
                raise process.gone()
            # If too little time is left to judge the daemon, the next monitor does so.
            if again.key == leader.key and context.left() * patience.API_SHARE > patience.SUSPECT_ANSWERS:
                degraded = _judged(ours, again, suspected=True)
    notes.last_monitor(context).write("degraded\n" if degraded else "well\n")
    return degraded


def _within_grace(context: Context, problem: errors.NotYet) -> errors.Degraded:
    """Return *problem* as Degraded during the grace, and raise *problem* itself after it.

    The note holds the time when the problem began.  Its age tells whether
    monitors have run without a pause.  After a pause, such as a maintenance,
    the grace begins again.  The reason holds no counter: Pacemaker shows the
    first reason for as long as the exit status stays.
    """
    note = notes.not_yet(context)
    now = round(context.now())
    began = now
    age, text = note.age(), note.read().strip()
    if age is not None and age < context.interval + context.timeout + patience.INTERRUPTED and text.isdecimal():
        began = int(text[:12])
    note.write(f"{began}\n")
    lasted = now - began
    if lasted > problem.grace:
        raise problem
    context.log.debug(f"{problem}, for {lasted} s so far")
    return errors.Degraded(f"{problem}, for less than {problem.grace:.0f} s so far")
