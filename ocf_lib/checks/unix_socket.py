"""Check: does the daemon listen on its UNIX socket?

The check reads the kernel's list of sockets.  The metadata agents of Neutron
2025.1 log an error with a trace of twenty lines for each connection without a request.
"""

from __future__ import annotations

from .. import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..daemon import Daemon
    from ..service import Service

REASONS = (("UNIX socket /...: Connection refused", "No process listens there. Pacemaker restarts the daemon."),)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return "The daemon listens on its UNIX socket."


def check(daemon: Daemon, seconds: float) -> None:
    """Look for the socket.  Raises AgentError if nobody listens there."""
    path = daemon.settings.option("DEFAULT", *daemon.service.socket)
    refusal = daemon.context.host.network.refusal(path)
    if refusal:
        raise errors.AgentError(f"UNIX socket {path}: {refusal}")


def beat(daemon: Daemon) -> Callable[[float], None]:
    """A heartbeat looks as the check does."""
    return lambda seconds: check(daemon, seconds)
