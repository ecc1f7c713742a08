"""Check: does the daemon accept connections on its UNIX socket?"""

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
    return "The daemon accepts connections on its UNIX socket."


def check(daemon: Daemon, seconds: float) -> None:
    """Connect to the socket.  Raises AgentError if that fails."""
    path = daemon.settings.option("DEFAULT", *daemon.service.socket)
    refusal = daemon.context.host.network.refusal(path, seconds)
    if refusal:
        raise errors.AgentError(f"UNIX socket {path}: {refusal}")


def beat(daemon: Daemon) -> Callable[[float], None]:
    """A heartbeat connects as the check does."""
    return lambda seconds: check(daemon, seconds)
