"""start: launch the daemon, and return when it does its work."""

from __future__ import annotations

from . import codes, daemon, errors, monitor, notes, patience, stop, validate
from .context import Context
from .finder import finder
from .host import Host

_WORDS = 70  # of a daemon's last line, so that what matters fits into an exit reason


def start(context: Context) -> codes.ExitCode:
    """Start the daemon, or adopt the one that runs.

    Returns SUCCESS only when a monitor would find it at work, or degraded for
    a reason that no restart cures: a database that is late must not ban the
    service from this node.  Raises AgentError if it dies, with its last words,
    or is not ready in time.
    """
    name = context.service.name
    began = context.now()
    notes.unsettle(context)
    rival = validate.boot_rival(context)
    if rival:
        context.log.warn(rival)
    found = finder(context).look(context)
    if found.main is None and found.parts:
        context.log.warn(f"{name}: ending what an earlier daemon left behind")
        stop.end_all(context)
    if found.main is None:
        child = _launch_unit(context) if context.get("unit") else _launch(context)
    else:
        context.log.info(f"{name} already runs as pid {found.main.pid}")
        _remember(context, found.main.pid)
        child = None
    problem = _until_well(context, child)
    if problem:
        context.log.warn(f"{name} runs, but is degraded: {problem}")
    context.log.info(f"{name} is up after {context.now() - began:.2f} s")
    return codes.SUCCESS


def _launch(context: Context):
    """Run the program; return its pid and where its logs ended before."""
    validate.host_fits(context)
    _port_gets_free(context)
    argv = daemon.argv(context)
    user = context.get("user")
    _, _, home = validate.account(context)
    logs = [(path, context.host.files.size(path)) for path in daemon.logs(context)]
    try:
        pid = context.host.programs.launch(
            argv, user, daemon.environment(context, home), _directory(context.host, home), daemon.log_file(context)
        )
    except OSError as problem:
        raise errors.AgentError(f"{context.service.name}: cannot execute {argv[0]}: {problem.strerror}") from None
    context.log.info(f"{context.service.name} started as pid {pid} of {user}")
    context.log.debug(f"command line: {' '.join(argv)}")
    _remember(context, pid)
    return pid, logs


def _launch_unit(context: Context):
    from . import unit

    _port_gets_free(context)
    unit.start(context)


def _port_gets_free(context: Context) -> None:
    """Raise AgentError if a stranger serves the port for good.

    A daemon that is just ending holds it for a moment longer, with no command
    line left to know it by; a start that failed for that would ban the service
    from this node.
    """
    until = context.now() + patience.PORT_LET_GO
    while True:
        try:
            return validate.port_free(context)
        except errors.AgentError:
            if context.now() >= until:
                raise
        context.sleep(patience.START_PAUSE)


def _directory(host: Host, home: str) -> str:
    """The account's home, as the distribution's units have it, if it is there."""
    return home if host.files.names(home) else "/"


def _remember(context: Context, pid: int) -> None:
    """Write the pid file; without it the daemon would be found by a search each time."""
    if context.get("unit"):
        return
    try:
        context.host.files.write(context.pid_file, f"{pid}\n", 0o644)
    except OSError as problem:
        raise errors.AgentError(f"pid: {context.pid_file}: {problem.strerror}") from None


def _until_well(context: Context, child) -> errors.Degraded | None:
    """Wait until a monitor would be content; return the reason if that is "degraded".

    Raises what the last monitor found, once the time is up.  Who else may be
    at fault is looked at now and then only: that costs more than a check.
    """
    next_blame = context.now() + patience.BLAME_EVERY
    service = context.service
    quiet = bool(child) and not (service.api.port or service.broker or service.socket[0])
    listed = min(context.now() + patience.LISTED_WITHIN, context.deadline - 1)
    settled = context.now() + (patience.QUIET_LIFE if quiet else 0)
    while True:
        try:
            if child:
                _still_runs(context, *child)
            main = monitor.present(context)
            if main is None:
                raise errors.AgentError(f"{context.service.name}: the daemon has ended")
            blame = context.now() >= next_blame
            if blame:
                next_blame = context.now() + patience.BLAME_EVERY
            monitor.check(context, main, blame)
            if context.now() >= settled:
                return None
        except errors.Degraded as problem:
            return problem
        except errors.NotUp as problem:
            # Whom it reports through may be late: a failed start would ban it from this node for that.
            if context.now() >= listed:
                return errors.Degraded(str(problem))
        except (Died, errors.BadParameter):
            raise
        except errors.AgentError:
            if context.now() >= context.deadline - 1:
                raise
        context.sleep(patience.START_PAUSE)


class Died(errors.AgentError):
    """The daemon ended while start waited for it."""


def _still_runs(context: Context, pid: int, logs: list[tuple[str, int]]) -> None:
    """Raise Died, with the daemon's last words, once it has ended."""
    how = context.host.programs.ended(pid)
    if how is None:
        return
    words = ""
    for path, size in logs:
        lines = [line for line in context.host.files.tail(path, size).splitlines() if line.strip()]
        # oslo.log ends a traceback with a line that is only its prefix.
        while len(lines) > 1 and lines[-2].startswith(lines[-1].rstrip()):
            lines.pop()
        if lines:
            words = f": {lines[-1].strip()[-_WORDS:]} ({path})"
    raise Died(f"{context.service.name}: ended at once, {how}{words}")


def reload_agent(context: Context) -> codes.ExitCode:
    """Take new monitoring parameters; the daemon is not touched.

    Nothing of them is kept between two invocations but the token, so there is
    nothing to do but to check that they make sense and forget that.
    """
    validate.syntax(context)
    if finder(context).look(context).main is None:
        raise errors.AgentError(f"{context.service.name}: cannot reload parameters, it is not running")
    notes.unsettle(context)
    notes.token(context).forget()
    return codes.SUCCESS
