"""start: launch the daemon or adopt a running one, and return when it does its work."""

from __future__ import annotations

from .. import codes, daemon, errors, notes, patience, state
from ..checks import judge
from ..context import Context
from . import drain, stop, up, validate

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
        "...: ... (/var/log/...), after a start",
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
    if notes.held(context).read():
        from . import hold

        hold.forget(context)
    drain.come_back(context)
    rival = validate.boot_rival(ours)
    if rival:
        log.warn(rival)
    leader = ours.find().leader
    if leader is not None:
        log.info(f"{name} already runs as pid {leader.pid}")
        ours.adopt()
        try:
            child, problem = None, up.until_well(ours, None)
        except errors.Died as death:
            log.warn(f"{death}; launching it")
            leader = None
    if leader is None:
        if _held(ours):
            return codes.SUCCESS
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
    relapses = False
    while True:
        if ours.find().parts:
            context.log.warn("ending the processes that an earlier daemon left behind")
            stop.end_all(ours)
        prepare(ours)
        try:
            child = ours.launch()
            return child, up.until_well(ours, child, relapses)
        except (errors.CannotRun, errors.BadParameter):
            raise
        except errors.Died as problem:
            death = problem
            relapses = relapses or problem.was_well
            if context.left() < pause + patience.LAST_WORDS:
                raise _explained(ours, death) from None
            context.log.warn(f"{problem}; launching it again in {pause:.0f} s")
        except errors.AgentError:
            if death is None:
                raise
            raise _explained(ours, death) from None
        context.sleep(pause)
        pause = min(pause + patience.RELAUNCH_PAUSE, patience.RELAUNCH_LONGEST)


def prepare(ours: Daemon) -> None:
    """Get ready for a launch.  Raises AgentError if it cannot run here, or if another program has its place."""
    ours.fits()
    _place_gets_free(ours)
    # The new daemon waits for no answer that an earlier one asked for, and has not reported yet.
    for note in (notes.excused, notes.relayed, notes.reported):
        note(ours.context).forget()


def _held(ours: Daemon) -> bool:
    """If the daemon has to wait until its node is evacuated, note that.  Then monitors launch it."""
    context = ours.context
    if not context.has("hold"):
        return False
    from . import hold

    held = hold.wanted(context)
    if not held and (hold.holds(context) or notes.held(context).read()):
        held = hold.unsaid(context)
    if held:
        ours.fits()
        hold.begin(context, held)
    return held is not None


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
