"""The door: one invocation comes in, one exit status goes out.

Only this module reads the arguments and the environment, prints, exits, and
catches every exception.
"""

from __future__ import annotations

import posix
import sys

from . import AGAIN, codes, errors, has_gone
from .context import Context
from .host import Host, files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn, TextIO

    from .agent import Action, Program
    from .log import Log

# After one of these, Pacemaker bans the resource from this node or from all
# nodes.  Monitor and status may only say: error, degraded or not running.
_NEVER_OF_MONITOR = (codes.ERR_ARGS, codes.ERR_PERM, codes.ERR_INSTALLED, codes.ERR_CONFIGURED)


def run(context: Context, out: TextIO, err: TextIO) -> codes.ExitCode:
    """Perform the action that Pacemaker asks for, and return its exit status.  Never raises."""
    log = context.log
    try:
        if context.action in ("usage", "help"):
            out.write(_usage(context.program, context.name))
            return codes.SUCCESS
        action = _find(context.program, context.action)
        if action is None:
            err.write(_usage(context.program, context.name))
            raise errors.Unimplemented(f"there is no action {context.action!r}")
        # Tools that read the meta-data expect nothing else: no trace, and no check of the version.
        if action.name != "meta-data":
            log.begin(action.name)
        # Nothing but a living process may make a stop fail.
        if action.name not in ("meta-data", "stop"):
            _check_version(context.environ)
        result = action.load()(context)
        if isinstance(result, str):
            out.write(result)
            return codes.SUCCESS
        log.debug(f"returns {result!r}")
        return result
    except errors.AgentError as problem:
        code, reason = problem.code, str(problem)
        if context.action in ("monitor", "status") and code in _NEVER_OF_MONITOR:
            code = codes.ERR_GENERIC
    except Exception as bug:
        code, reason = codes.ERR_GENERIC, f"bug: {type(bug).__name__}: {log.masked(str(bug))}"
        if AGAIN not in context.environ and (has_gone(bug) or not context.host.files.is_file(__file__)):
            # The library was removed while the agent ran: somebody replaces or removes the package.
            reason = context.host.itself.begin_again(context.argv, AGAIN)
        else:
            _tell_where(log, bug)
    reason = _say(context, reason, err)
    log.explain(code, reason)
    log.debug(f"returns {code!r}")
    return code


def _say(context: Context, problem: str, err: TextIO) -> str:
    """Tell Pacemaker the exit reason, and return it.  Only here does the name of the service get into it."""
    reason = context.log.ours(f"{context.program.name}: {problem}")
    prefix = context.environ.get("OCF_EXIT_REASON_PREFIX") or "ocf-exit-reason:"
    err.write(f"{prefix}{reason}\n")
    return reason


def _check_version(environ: dict[str, str]) -> None:
    """Raise AgentError if the cluster speaks another major version of the OCF API."""
    version = environ.get("OCF_RA_VERSION_MAJOR", "1")
    if version != "1":
        raise errors.AgentError(f"the cluster speaks version {version} of the OCF API, this agent version 1")


def _find(program: Program, name: str) -> Action | None:
    return next((action for action in program.actions if action.name == name), None)


def _usage(program: Program, name: str) -> str:
    return f"usage: {name} {{{'|'.join([*(action.name for action in program.actions), 'usage'])}}}\n"


def _tell_where(log: Log, bug: Exception) -> None:
    """Log the traceback of a bug, because a reason has only one line."""
    import traceback

    for line in "".join(traceback.format_exception(type(bug), bug, bug.__traceback__)).splitlines():
        log.error(log.masked(line))


def _environ() -> dict[str, str]:
    """The environment as text, as ``os.environ`` has it."""
    encoding = sys.getfilesystemencoding()
    return {
        name.decode(encoding, "surrogateescape"): value.decode(encoding, "surrogateescape")
        for name, value in posix.environ.items()
    }


def _guard(context: Context, main_thread: int) -> NoReturn:
    """In a thread of its own: end the agent with a reason, a moment before Pacemaker would kill it without one.

    Nothing wakes a thread that waits for a disk which hangs, but another thread can end the process.  It writes to
    no log, because that may be on the same disk.
    """
    context.sleep(max(context.guarded - context.now(), 0.0))
    code, path = codes.ERR_GENERIC, _waits_for(sys._current_frames()[main_thread])
    if path and context.action == "monitor" and not context.is_probe:
        code = codes.DEGRADED
    _say(context, errors.hangs(path) if path else f"{context.action} has not come to its end in time", sys.stderr)
    sys.stderr.flush()
    posix._exit(int(code))


def _waits_for(frame: FrameType | None) -> str:
    """The path for which the thread with this innermost *frame* waits in host/files.py; "" if it waits elsewhere."""
    while frame and frame.f_globals.get("__name__") != files.__name__:
        frame = frame.f_back
    return str(frame.f_locals.get("path", frame.f_locals.get("directory", ""))) if frame else ""


def main(program: Program) -> NoReturn:
    """Run the agent *program*, and exit.  The last line of every agent calls this."""
    import _thread

    # Pacemaker's umask is 026.  The agents create files with explicit modes.
    posix.umask(0o022)
    context = Context(program, sys.argv, _environ(), Host())
    try:
        _thread.start_new_thread(_guard, (context, _thread.get_ident()))
    except RuntimeError as problem:
        context.log.debug(str(problem))
    code = run(context, sys.stdout, sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # sys.exit() would first delete every module and object: a tenth of a monitor's processor time.
    posix._exit(int(code))
