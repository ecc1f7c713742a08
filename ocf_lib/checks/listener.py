"""Check: does one of the daemon's own processes listen on the port?

This is for a daemon whose answer any web server could give.
"""

from __future__ import annotations

from .. import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    (
        "none of its processes listens on port N",
        "The resource and the configuration name different ports, or the daemon hangs. Pacemaker restarts it.",
    ),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return "One of the daemon's own processes listens on that port."


def check(daemon: Daemon, seconds: float) -> None:
    """Compare the daemon's sockets with the kernel's list of sockets that listen on the port.  Raises AgentError."""
    network, port = daemon.context.host.network, daemon.address.port
    listening = network.listening(port)
    if not any(network.sockets(pid).keys() & listening for pid in daemon.family()):
        raise errors.AgentError(f"none of its processes listens on port {port}")
