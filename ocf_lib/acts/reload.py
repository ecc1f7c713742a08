"""reload-agent: use new monitoring parameters, without a restart of the daemon."""

from __future__ import annotations

from .. import codes, daemon, errors, notes
from ..context import Context
from . import validate


def reload_agent(context: Context) -> codes.ExitCode:
    """Check the new parameters, and remove what was stored under the old ones: the token and the notes of monitors.

    Raises BadParameter, and AgentError if the daemon does not run.
    """
    validate.syntax(context)
    if daemon.of(context).find().leader is None:
        raise errors.AgentError("cannot reload the parameters: the daemon does not run")
    notes.unsettle(context)
    notes.token(context).forget()
    return codes.SUCCESS
