"""Check: does one of the daemon's own processes listen on the port?

This is for a daemon whose answer any web server could give, and for a port that
the operator chose.  If the daemon listens on other ports only, and was never seen
on that one, the operator's port is a mistake, which no restart cures.  If it
listens on none that this host sees, it may live in a container, and its answer
decides.
"""

from __future__ import annotations

from .. import errors, notes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    (
        "none of its processes listens on port N",
        "The resource and the configuration name different ports, or the daemon has lost its socket. Pacemaker restarts"
        " it.",
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

    Raises AgentError, or NotAtPort if the operator chose the port and this daemon was seen only on others.  A daemon
    may open another port first, and may keep it if it loses this one: its metrics, or a back door.
    """
    context, port, family = daemon.context, daemon.address.port, daemon.family()
    described, note = daemon.service.described, notes.listened(context)
    # Another process and another port are judged anew.
    seen = f"{daemon.leader.key if daemon.leader else ()} {port}\n"
    listening = context.host.network.listening(port)
    if any(context.host.network.sockets(pid).keys() & listening for pid in family):
        if described and note.read() != seen:
            note.write(seen)
        return
    if not described or note.read() == seen:
        raise errors.AgentError(f"none of its processes listens on port {port}")
    others = context.host.processes.ports(family)
    if others:
        found = ", ".join(str(one) for one in others[:5])
        raise errors.NotAtPort(f"none of its processes listens on port {port}, but on {found}; see port and url")
