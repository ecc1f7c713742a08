"""reload-agent: use new monitoring parameters, without a restart of the daemon."""

from __future__ import annotations

from .. import codes, daemon, errors, notes
from ..context import Context
from . import validate


def reload_agent(context: Context) -> codes.ExitCode:
    """Check the new parameters, and remove what was stored under the old ones: the token and the notes of monitors.

    A mistake in them is logged, and monitor says degraded: as an error it would
    stop the service on every node.  Raises BadParameter if a parameter that says
    what to start is wrong, and AgentError if the daemon does not run.
    """
    validate.syntax(context)
    mistake = context.mistake()
    if mistake:
        context.log.warn(f"{mistake}; monitor says degraded until this is corrected")
    if daemon.of(context).find().leader is None and not notes.held(context).read():
        raise errors.AgentError("cannot reload the parameters: the daemon does not run")
    notes.unsettle(context)
    notes.token(context).forget()
    notes.failed_login(context).forget()
    return codes.SUCCESS
