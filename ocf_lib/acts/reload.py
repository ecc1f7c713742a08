"""reload-agent: take new monitoring parameters; the daemon is not touched."""

from __future__ import annotations

from .. import codes, daemon, errors, notes
from ..context import Context
from . import validate


def reload_agent(context: Context) -> codes.ExitCode:
    """Check the parameters, and forget the token of the old ones.

    Nothing else of them is kept between two invocations.  Raises BadParameter,
    and AgentError if the daemon does not run.
    """
    validate.syntax(context)
    if daemon.of(context).find().leader is None:
        raise errors.AgentError("cannot reload parameters, it is not running")
    notes.unsettle(context)
    notes.token(context).forget()
    return codes.SUCCESS
