"""An agent that runs nothing by itself: a note on this host says whether Pacemaker has started it."""

from __future__ import annotations

from .. import codes, errors, log_file, notes
from ..context import Context
from ..notes import Note


def start(context: Context) -> codes.ExitCode:
    """Note that it is started.  Raises AgentError if that is impossible."""
    notes.unsettle(context)
    problem = _note(context).write("started\n")
    if problem:
        raise errors.AgentError(f"there can be no note that it is started: {problem}")
    return codes.SUCCESS


def stop(context: Context) -> codes.ExitCode:
    """Remove the note, and the state that the node shows of it."""
    from .. import state

    _note(context).forget()
    notes.unsettle(context)
    state.remove(context)
    return codes.SUCCESS


def status(context: Context) -> codes.ExitCode:
    """Is it started?  A reboot stops it.  The note of the old nova-compute-wait is empty."""
    return codes.SUCCESS if _note(context).exists() else codes.NOT_RUNNING


def reload_agent(context: Context) -> codes.ExitCode:
    """There is nothing to do: each action reads the parameters."""
    return codes.SUCCESS


def validate_all(context: Context) -> codes.ExitCode:
    """Check the parameters."""
    for param in context.declared:
        param.parse(context.given.get(param.name, ""))
    log_file.check_trace(context)
    return codes.SUCCESS


def _note(context: Context) -> Note:
    return Note(context, "active")
