"""Check: do the daemon's own processes hold the UDP ports and UNIX sockets that the daemon serves?

Some daemons run on if the child process that serves a socket has ended.
The check reads the kernel's lists, and sends nothing: a datagram gets no answer
from such a daemon, and a connection without a message may occupy a process.
"""

from __future__ import annotations

from .. import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    (
        "none of its processes holds UDP port N, UNIX socket /...",
        "A child process has ended, or another program has the port. Pacemaker restarts the daemon.",
    ),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    *others, last = [_what(_place(text, "")) for *_, text in service.own_sockets]
    return f"The daemon's own processes hold {' and '.join([*([', '.join(others)] if others else []), last])}."


def check(daemon: Daemon, seconds: float) -> None:
    """Compare the daemon's sockets with the kernel's lists of what is bound there.  Raises AgentError."""
    network = daemon.context.host.network
    held = {inode for pid in daemon.family() for inode in network.sockets(pid)}
    for section, name, default in daemon.service.own_sockets:
        for text in daemon.settings.option(section, name, default).split(","):
            place = _place(text.strip(), default)
            if not network.bound(place) & held:
                raise errors.AgentError(f"none of its processes holds {_what(place)}")


def _place(text: str, default: str) -> str:
    """The path of a UNIX socket, or the UDP port in "port" or "address:port"; without a port, that of *default*."""
    port = text.rpartition(":")[2]
    return text if text.startswith("/") or not default else port if port.isdecimal() else _place(default, "0")


def _what(place: str) -> str:
    return f"UNIX socket {place}" if place.startswith("/") else f"UDP port {place.rpartition(':')[2]}"
