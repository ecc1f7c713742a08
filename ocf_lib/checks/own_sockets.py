"""Check: do the daemon's own processes hold the UDP ports and UNIX sockets that the daemon serves?

Some daemons run on if the child process that serves a socket has ended.
The check reads the kernel's lists, and sends nothing.  A datagram gets no answer
from such a daemon.  A connection without a message may occupy a process, and the
metadata agents of Neutron 2025.1 log an error with a trace of twenty lines for it.
"""

from __future__ import annotations

from .. import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    (
        "none of its processes holds UDP port N, UNIX socket /...",
        "A child process has ended, or another program has the port. Pacemaker restarts the daemon.",
    ),
    (
        "UNIX socket /... has been removed",
        "The daemon listens, but its file is gone, so nobody can connect. Pacemaker restarts the daemon.",
    ),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    *others, last = [_what(_place(text, text)) for *_, text in service.own_sockets]
    return f"The daemon's own processes hold {' and '.join([*([', '.join(others)] if others else []), last])}."


def check(daemon: Daemon, seconds: float) -> None:
    """Compare the daemon's sockets with the kernel's lists of what is bound there.  Raises AgentError."""
    host = daemon.context.host
    holders = {inode: pid for pid in daemon.family() for inode in host.network.sockets(pid)}
    for section, name, default in daemon.service.own_sockets:
        for text in daemon.settings.option(section, name, default).split(","):
            place = _place(text.strip(), default)
            held = host.network.bound(place) & holders.keys()
            if not held:
                raise errors.AgentError(f"none of its processes holds {_what(place)}")
            # A container has files of its own.
            here = place.startswith("/") and any(host.processes.is_here(holders[inode]) for inode in held)
            if here and host.files.kind(place) != "socket":
                raise errors.AgentError(f"{_what(place)} has been removed")


def beat(daemon: Daemon) -> Callable[[float], None]:
    """A heartbeat looks as the check does."""
    return lambda seconds: check(daemon, seconds)


def _place(text: str, default: str) -> str:
    """The path of a UNIX socket, or the UDP port in "port" or "address:port"; without a port, that of *default*."""
    if "/" in default:
        return text
    port = text.rpartition(":")[2]
    return port if port.isdecimal() else default.rpartition(":")[2]


def _what(place: str) -> str:
    return f"UDP port {place}" if place.isdecimal() else f"UNIX socket {place}"
