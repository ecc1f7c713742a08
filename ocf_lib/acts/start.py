"""start: launch the daemon, and return when it does its work."""

from __future__ import annotations

from .. import codes, daemon, errors, notes, patience
from ..checks import judge, process
from ..context import Context
from . import stop, validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.child import Child

REASONS = (
    (
        "port N is already served by pid N (...)",
        "Another program has the port. End it, then run pcs resource cleanup.",
    ),
    ("ended at once, exit status N: ...", "Its last words follow, and the file that holds them."),
    (
        "... would start this at boot, outside the cluster: systemctl disable ...",
        "Run this command. The resource keeps running.",
    ),
)


def start(context: Context) -> codes.ExitCode:
    """Start the daemon, or adopt the one that runs.

    Returns SUCCESS only if a monitor would find it at work, or degraded for
    a reason that no restart cures: a database that is late must not ban the
    service from this node.  Raises AgentError if it dies, with its last words,
    or is not ready in time.
    """
    ours, log, name = daemon.of(context), context.log, context.service.name
    began = context.now()
    validate.required(context)
    notes.unsettle(context)
    rival = validate.boot_rival(ours)
    if rival:
        log.warn(rival)
    found = ours.find()
    if found.leader is None and found.parts:
        log.warn("ending what an earlier daemon left behind")
        stop.end_all(ours)
    child = None
    if found.leader is None:
        ours.fits()
        _port_gets_free(ours)
        child = ours.launch()
    else:
        log.info(f"{name} already runs as pid {found.leader.pid}")
        ours.adopt()
    problem = _until_well(ours, child)
    if problem:
        log.warn(f"{name} runs, but is degraded: {problem}")
    log.info(f"{name} is up after {context.now() - began:.2f} s")
    return codes.SUCCESS


def _port_gets_free(ours: Daemon) -> None:
    """Raise AgentError if a stranger serves the port for good.

    A daemon that is just ending holds it for a moment longer, with no command
    line left to know it by; a start that failed for that would ban the service
    from this node.
    """
    context = ours.context
    until = context.now() + patience.PORT_LET_GO
    while True:
        try:
            return validate.port_free(ours)
        except errors.AgentError:
            if context.now() >= until:
                raise
        context.sleep(patience.START_PAUSE)


def _until_well(ours: Daemon, child: Child | None) -> errors.Degraded | None:
    """Wait until a monitor would be content; return the reason if that is "degraded".

    Raises what the last monitor found, once the time is up.  Who else may be
    at fault is looked at now and then only: that costs more than a check.
    """
    context = ours.context
    service = ours.service
    quiet = bool(child) and not (service.api.port or service.broker or service.socket[0])
    listed = min(context.now() + patience.LISTED_WITHIN, context.deadline - 1)
    settled = context.now() + (patience.QUIET_LIFE if quiet else 0)
    next_blame = context.now() + patience.BLAME_EVERY
    while True:
        try:
            if child:
                child.still_runs()
            if process.present(ours) is None:
                raise errors.AgentError("the daemon has ended")
            blames = context.now() >= next_blame
            if blames:
                next_blame = context.now() + patience.BLAME_EVERY
            _look(ours, blames)
            if context.now() >= settled:
                return None
        except errors.Degraded as problem:
            return problem
        except errors.NotUp as problem:
            # Whom it reports through may be late: a failed start would ban it from this node for that.
            if context.now() >= listed:
                return errors.Degraded(str(problem))
        except (errors.Died, errors.BadParameter):
            raise
        except errors.AgentError:
            if context.now() >= context.deadline - 1:
                raise
        context.sleep(patience.START_PAUSE)


def _look(ours: Daemon, blames: bool) -> None:
    """One look; if it *blames*, a failure is followed by a look at whose fault it is."""
    try:
        judge.look(ours)
    except (errors.Degraded, errors.BadParameter):
        raise
    except errors.AgentError as problem:
        if blames:
            judge.name_the_guilty(ours, problem)
        raise
