"""start: launch the daemon or adopt a running one, and return when it does its work."""

from __future__ import annotations

from .. import checks, codes, daemon, errors, notes, patience, state
from ..checks import judge, process
from ..context import Context
from . import stop, validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.child import Child
    from ..daemon.unit_child import UnitChild

REASONS = (
    (
        "port N is already served by pid N (...)",
        "Another program has the port. End it, then run pcs resource cleanup.",
    ),
    (
        "pid N already runs this program",
        "A second worker would do the same work twice. End that process, or let its own resource run it.",
    ),
    (
        "ended at once, exit status N: ...",
        "The daemon ended each time, until the time was over. The reason shows its last words, and the file that holds"
        " them. Before that it names a database, a broker or a memcached that is away.",
    ),
    (
        "... answers 500: ... (/var/log/...)",
        "The daemon ran, and was not well before the time was over. The reason shows the last error in its log.",
    ),
    (
        "... would start this at boot, outside the cluster: systemctl disable ...",
        "Run this command. The resource keeps running.",
    ),
)


def start(context: Context) -> codes.ExitCode:
    """Start the daemon, or adopt the one that runs.

    Returns SUCCESS if a monitor would return SUCCESS or DEGRADED.  Degraded
    counts, because Pacemaker bans a service from this node if its start fails,
    and a database may just be late.  A daemon that dies early is launched again,
    because what it needs may be coming up beside it.  Raises AgentError if it dies
    until the deadline, with its last words, or if it is not ready in time.
    """
    ours, log, name = daemon.of(context), context.log, context.service.name
    began = context.now()
    validate.required(context)
    notes.unsettle(context)
    rival = validate.boot_rival(ours)
    if rival:
        log.warn(rival)
    leader = ours.find().leader
    if leader is not None:
        log.info(f"{name} already runs as pid {leader.pid}")
        ours.adopt()
        try:
            child, problem = None, _until_well(ours, None)
        except errors.Died as death:
            log.warn(f"{death}; launching it")
            child, problem = _launched(ours)
    else:
        child, problem = _launched(ours)
    if child is not None and ours.find().leader is not None:
        # A unit may have come to its container only now.
        ours.adopt()
    if problem:
        log.warn(f"{name} runs, but is degraded: {problem}")
    state.show(context, str(problem) if problem else state.WELL)
    log.info(f"{name} is up after {context.now() - began:.2f} s")
    return codes.SUCCESS


def _launched(ours: Daemon) -> tuple[Child | UnitChild, errors.Degraded | None]:
    """Launch the daemon until it stays and is well, or degraded.  Returns the last child, and what is degraded.

    Raises Died if the daemon ends again and again, with the component that is
    to blame if there is one, and CannotRun if it would end each time.
    """
    context, pause = ours.context, patience.RELAUNCH_PAUSE
    death: errors.Died | None = None
    while True:
        if ours.find().parts:
            context.log.warn("ending the processes that an earlier daemon left behind")
            stop.end_all(ours)
        ours.fits()
        _place_gets_free(ours)
        try:
            # The new daemon waits for no answer that an earlier one asked for.
            notes.excused(context).forget()
            notes.relayed(context).forget()
            child = ours.launch()
            return child, _until_well(ours, child)
        except (errors.CannotRun, errors.BadParameter):
            raise
        except errors.Died as problem:
            death = problem
            if context.left() < pause + patience.LAST_WORDS:
                raise _explained(ours, death) from None
            context.log.warn(f"{problem}; launching it again in {pause:.0f} s")
        except errors.AgentError:
            if death is None:
                raise
            raise _explained(ours, death) from None
        context.sleep(pause)
        pause = min(pause + patience.RELAUNCH_PAUSE, patience.RELAUNCH_LONGEST)


def _explained(ours: Daemon, problem: errors.Died) -> errors.Died:
    """The error of a daemon that does not stay up, with the component that is to blame before its last words."""
    try:
        judge.name_the_guilty(ours, problem)
    except errors.Degraded as guilty:
        # A daemon that does not run is never degraded.
        return errors.Died(str(guilty))
    return problem


def _place_gets_free(ours: Daemon) -> None:
    """Raise AgentError if another program keeps the daemon's place.

    A daemon that is just ending holds the port for a moment longer, and its
    command line is already gone.  So nobody can tell that this is the daemon.
    A start must not fail for that: Pacemaker would ban the service from this
    node.
    """
    context = ours.context
    until = context.now() + patience.PORT_LET_GO
    while True:
        try:
            return validate.place_free(ours)
        except errors.AgentError:
            if context.now() >= until:
                raise
        context.sleep(patience.START_PAUSE)


def _until_well(ours: Daemon, child: Child | UnitChild | None) -> errors.Degraded | None:
    """Wait until the checks pass, and return None; or return Degraded if no restart can cure what they find.

    When the time is over, raises what the last look found.  The agent looks
    only now and then whether another component is at fault, because that look
    costs more than a check.
    """
    context = ours.context
    mistake = context.mistake()
    # Only a check without credentials is made by every start.
    quiet = bool(child) and (mistake != "" or all(kind.needs_credentials for kind in checks.of(ours.service)))
    listed = min(context.now() + patience.LISTED_WITHIN, context.deadline - 1)
    settled = context.now() + (patience.QUIET_LIFE if quiet else 0)
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
            if context.now() >= settled:
                return errors.Degraded(mistake) if mistake else None
        except (errors.NotUp, errors.NotListed) as problem:
            # The worker through which this one reports may be late.  A start must not fail for that.
            _still_runs(ours, child)
            if context.now() >= listed:
                return errors.Degraded(str(problem))
        except errors.Degraded as problem:
            # One that does not run is not degraded.
            _still_runs(ours, child)
            if context.now() >= settled:
                return problem
        except (errors.Died, errors.BadParameter):
            raise
        except errors.AgentError as problem:
            if context.now() >= context.deadline - 1:
                raise type(problem)(f"{problem}{child.complaint() if child else ''}") from None
        context.sleep(patience.START_PAUSE)


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
