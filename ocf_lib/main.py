"""The door: one invocation in, one exit status out.

The only place that reads the arguments and the environment, prints, exits,
and catches everything.
"""

from __future__ import annotations

import os
import sys

from . import codes, errors
from .context import Context, check_version
from .host import Host
from .log import Log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Action = Callable[[Context], codes.ExitCode]

USAGE = "usage: {name} {{start|stop|monitor|status|reload-agent|validate-all|meta-data|usage}}\n"

# From monitor and status these would ban the resource from this node or from
# all: a monitor may find it broken, degraded or gone, and nothing else.
_NEVER_OF_MONITOR = (codes.ERR_ARGS, codes.ERR_PERM, codes.ERR_INSTALLED, codes.ERR_CONFIGURED)


def run(service, argv, environ, host, out, err) -> codes.ExitCode:
    """Perform the action that *argv* names and return its exit status; never raises."""
    context = Context(service, argv, environ, host)
    log: Log | None = None
    try:
        if context.action == "meta-data":
            from . import metadata

            out.write(metadata.xml(service, context.name))
            return codes.SUCCESS
        if context.action in ("usage", "help"):
            out.write(USAGE.format(name=context.name))
            return codes.SUCCESS
        action = _action(context.action)
        if action is None:
            err.write(USAGE.format(name=context.name))
            raise errors.Unimplemented(f"{context.name}: there is no action {context.action!r}")
        log = context.log
        log.begin(context.action)
        check_version(environ)
        code = action(context)
        log.debug(f"returns {code!r}")
        return code
    except errors.AgentError as problem:
        code, reason = problem.code, str(problem)
        if context.action in ("monitor", "status") and code in _NEVER_OF_MONITOR:
            code = codes.ERR_GENERIC
    except Exception as bug:
        code, reason = codes.ERR_GENERIC, f"bug: {type(bug).__name__}: {bug}"
        if not host.files.is_file(__file__):
            # Our library has gone while we ran: the package is being replaced, or removed.
            reason = f"{context.name}: {host.itself.begin_again(argv)}"
        if log:
            _tell_where(log, bug)
    if log:
        reason = log.masked(reason)
        log.explain(code, reason)
        log.debug(f"returns {code!r}")
    prefix = environ.get("OCF_EXIT_REASON_PREFIX") or "ocf-exit-reason:"
    err.write(f"{prefix}{' '.join(reason.split())}\n")
    return code


def _action(name: str) -> Action | None:
    """The function of an action; only its module is imported."""
    if name in ("monitor", "status"):
        from . import monitor

        return monitor.monitor if name == "monitor" else monitor.status
    if name in ("start", "reload-agent"):
        from . import start

        return start.start if name == "start" else start.reload_agent
    if name == "stop":
        from . import stop

        return stop.stop
    if name == "validate-all":
        from . import validate

        return validate.validate_all
    return None


def _tell_where(log: Log, bug: Exception) -> None:
    """Put the traceback of a bug in the log: the reason has one line only."""
    import traceback

    for line in "".join(traceback.format_exception(type(bug), bug, bug.__traceback__)).splitlines():
        log.error(line)


def main(service) -> None:
    """The last line of every agent."""
    # Pacemaker's umask is 026; what we make, we make with explicit modes.
    os.umask(0o022)
    code = run(service, sys.argv, dict(os.environ), Host(), sys.stdout, sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # Without taking every module and object apart first: a tenth of a monitor's processor time.
    os._exit(int(code))
