"""Wait until a daemon that a start has launched or adopted does its work, and stays."""

from __future__ import annotations

from .. import checks, errors, patience
from ..checks import judge, process, roster

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.child import Child
    from ..daemon.unit_child import UnitChild


def until_well(ours: Daemon, child: Child | UnitChild | None, relapses: bool = False) -> errors.Degraded | None:
    """Wait until the checks pass and the daemon stays, and return None; or return Degraded if no restart can cure it.

    A worker is connected to its broker before it has done all that it does at
    its start, and the list still has the row of its predecessor.  nova-compute
    then compares its identity with the database, and may end.  So the start
    looks for a while longer whether the worker that it launched lives, and
    waits until that has reported itself.  If too little time is left, the start
    says what a monitor would; but it raises AgentError if an earlier launch of
    this start was well, and ended nevertheless (*relapses*).
    """
    context, began = ours.context, ours.context.now()
    # A unit may be ready, and may have reported, before systemd says that it has started it.
    older = _reported(ours) if child and not context.get("unit") else ""
    problem = _first_well(ours, child)
    if child is None or ours.service.api.port or _unasked(ours):
        return problem
    settled = context.now() + min(patience.SETTLES_SHARE * (context.now() - began), patience.SETTLES_LONGEST)
    if relapses and settled > context.deadline - 1:
        raise errors.AgentError("there is no time to see whether it stays")
    _lives(ours, child, settled)
    listed = context.now() + patience.LISTED_WITHIN
    while older and problem is None and context.now() < min(listed, context.deadline - 1):
        newer = roster.reported(ours, patience.PREDECESSOR_LISTED)
        if newer != older:
            break
        _lives(ours, child, context.now() + patience.REPORTS_AGAIN)
    return problem


def _reported(ours: Daemon) -> str:
    """When the predecessor of a worker that was just launched has reported; "" if the list has none that is up."""
    context, began = ours.context, ours.context.now()
    if not (ours.service.listed_by and judge.signs_in(ours)):
        return ""
    found = roster.reported(ours, patience.PREDECESSOR_LISTED)
    return found if context.now() - began < patience.PREDECESSOR_LISTED else ""


def _lives(ours: Daemon, child: Child | UnitChild, until: float) -> None:
    """Wait *until* a time, or until the deadline is near.  Raises Died if the daemon, which was well, ends."""
    context = ours.context
    while context.now() < min(until, context.deadline - 1):
        context.sleep(patience.START_PAUSE)
        try:
            _still_runs(ours, child)
        except errors.Died as death:
            death.was_well = True
            raise


def _first_well(ours: Daemon, child: Child | UnitChild | None) -> errors.Degraded | None:
    """Wait until the checks pass for the first time, and return None; or return Degraded.

    When the time is over, raises what the last look found.  The agent looks
    only now and then whether another component is at fault, because that look
    costs more than a check.
    """
    context = ours.context
    mistake = context.mistake()
    quiet = process.Quiet(ours, bool(child) and (mistake != "" or _unasked(ours)))
    listed = context.deadline - 1
    next_blame = context.now() + patience.BLAME_EVERY
    while True:
        try:
            _still_runs(ours, child)
            if process.present(ours) is None:
                raise errors.AgentError("the daemon has ended")
            blames = context.now() >= next_blame
            if blames:
                next_blame = context.now() + patience.BLAME_EVERY
            _look(ours, blames)
            if quiet.over():
                return errors.Degraded(mistake) if mistake else None
        except (errors.NotUp, errors.NotListed) as problem:
            # The worker through which this one reports may be late.  A start must not fail for that.
            _still_runs(ours, child)
            listed = min(listed, context.now() + patience.LISTED_WITHIN)
            if context.now() >= listed:
                return errors.Degraded(str(problem))
        except errors.Degraded as problem:
            # One that does not run is not degraded.
            _still_runs(ours, child)
            if quiet.over():
                return problem
        except (errors.Died, errors.BadParameter):
            raise
        except errors.AgentError as problem:
            if context.now() >= context.deadline - 1:
                raise type(problem)(f"{problem}{child.complaint() if child else ''}") from None
        context.sleep(patience.START_PAUSE)


def _unasked(ours: Daemon) -> bool:
    """Can no check tell whether the daemon works?  Only a check without credentials is made by every start."""
    return all(kind.needs_credentials for kind in checks.of(ours.service))


def _still_runs(ours: Daemon, child: Child | UnitChild | None) -> None:
    """Raise Died if the daemon has ended: the *child*, or without one the daemon that the start has adopted."""
    if child:
        child.still_runs()
    elif ours.find().leader is None:
        raise errors.Died("the daemon that ran already has ended")


def _look(ours: Daemon, blames: bool) -> None:
    """Make all checks once.  If *blames* is true, a failure is followed by a look whose fault it is."""
    try:
        judge.look(ours)
    except (errors.Degraded, errors.Silence, errors.BadParameter):
        raise
    except errors.AgentError as problem:
        if blames:
            judge.name_the_guilty(ours, problem)
        raise
