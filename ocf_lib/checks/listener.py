"""Check: does one of the daemon's own processes listen on the port?

This is for a daemon whose answer any web server could give, and for a port that
the operator chose.  If the daemon listens on another port only, the operator's
port is a mistake, which no restart cures.  If it listens on none that this host
sees, it may live in a container, and its answer decides.
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
    (
        "none of its processes listens on port N, but on ...; see port and url",
        "Degraded. Correct port or url of the openstack-daemon. Pacemaker restarts nothing.",
    ),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return "One of the daemon's own processes listens on that port."


def check(daemon: Daemon, seconds: float) -> None:
    """Compare the daemon's sockets with the kernel's list of sockets that listen on the port.

    Raises AgentError, or Degraded if the operator chose the port and the daemon listens on another one.
    """
    network, port, family = daemon.context.host.network, daemon.address.port, daemon.family()
    listening = network.listening(port)
    if any(network.sockets(pid).keys() & listening for pid in family):
        return
    if not daemon.service.api.chosen:
        raise errors.AgentError(f"none of its processes listens on port {port}")
    others = daemon.context.host.processes.ports(family)
    if others:
        found = ", ".join(str(one) for one in others[:5])
        raise errors.Degraded(f"none of its processes listens on port {port}, but on {found}; see port and url")
