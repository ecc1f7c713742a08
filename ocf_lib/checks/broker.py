"""Check: is the daemon connected to one of its message brokers?

The check uses the kernel's list of connections, with exact process and port.
So a connection of another process, or to a neighbouring port, does not count.
A frozen broker or a frozen daemon keeps its connections, so this check cannot
notice either.
"""

from __future__ import annotations

from .. import errors, patience
from ..daemon.brokers import Broker, brokers, named, urls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    (
        "no connection to broker ..., for less than 60 s so far",
        "Degraded for a minute, because the daemon or the broker may just have started. Then Pacemaker restarts the"
        " daemon.",
    ),
    (
        "broker ... refuses connections, does not answer, closes the connection without a greeting",
        "Degraded. Look at RabbitMQ, and at the proxy before it. Pacemaker restarts nothing.",
    ),
    (
        "transport_url: the port of broker ... does not exist",
        "Degraded. Correct transport_url in the configuration of the service. Pacemaker restarts nothing.",
    ),
    errors.NO_TRANSPORT_URL,
    errors.UNRESOLVED,
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return "The daemon is connected to a message broker."


def check(daemon: Daemon, seconds: float) -> None:
    """Look for an established connection of the daemon to one of its brokers.

    Raises NotYet if there is none: the daemon may have started a moment ago, or
    the broker may just be back.  Raises Degraded if nobody can tell, because
    the name of a broker cannot be resolved, or transport_url has no real port.
    """
    context = daemon.context
    known = _wanted(daemon)
    if not known:
        return
    family = daemon.family()
    connected = {pid for pid, _, _ in _connections(daemon, known, family, seconds)}
    if context.has("multibackend") and context.flag("multibackend"):
        # With this parameter of the old agents, each backend's process has to have a connection of its own.
        without = [pid for pid in _backends(daemon, family) if pid not in connected]
        # The others may be connected to a broker whose name is lost.
        alone = [pid for pid in without if not _held(daemon, known, [pid])]
        if without and not alone:
            _all_resolved(_addresses(daemon, known, seconds))
        if without:
            raise errors.NotYet(f"pid {(alone or without)[0]} (one backend) has no connection to {known[0]}")
    if not connected:
        raise errors.NotYet(f"no connection to {known[0]}")


def held_socket(daemon: Daemon, seconds: float) -> tuple[int, int, str] | None:
    """(pid, file descriptor, inode) of one connection to a broker; None if there is none, or none is wanted.

    As long as /proc/PID/fd/DESCRIPTOR leads to "socket:[INODE]", the process
    holds this socket.  That does not tell whether it is still connected.  Raises Degraded as ``check`` does.
    """
    known = _wanted(daemon)
    found = _connections(daemon, known, daemon.family(), seconds) if known else []
    return found[0] if found else None


def beat(daemon: Daemon) -> Callable[[float], None]:
    """A heartbeat looks whether the daemon still holds the connection that it holds now."""
    held = held_socket(daemon, min(patience.HEARTBEAT_ANSWERS, daemon.context.left() * patience.API_SHARE))
    network = daemon.context.host.network

    def look(_seconds: float) -> None:
        if held and network.socket(held[0], held[1]) != held[2]:
            raise errors.AgentError(f"pid {held[0]} has closed its connection to the broker")

    return look


def _wanted(daemon: Daemon) -> list[Broker]:
    """The brokers, one of which the daemon has to be connected to; none if it needs no broker."""
    context = daemon.context
    without = context.has("zeromq") and context.flag("zeromq")
    return [] if without else brokers(context, daemon.settings)


def _connections(daemon: Daemon, known: list[Broker], family: list[int], seconds: float) -> list[tuple[int, int, str]]:
    """(pid, file descriptor, inode) of every connection of the *family* to one of the *known* brokers."""
    held = _held(daemon, known, family)
    good = _good(daemon, known, set(held.values()), seconds)
    return [socket for socket, peer in held.items() if peer in good]


def _held(daemon: Daemon, known: list[Broker], family: list[int]) -> dict[tuple[int, int, str], tuple[str, int]]:
    """{(pid, file descriptor, inode): (address, port)} of every connection of the *family* to the port of a broker.

    Only the daemon's own sockets are compared.  On a controller, hundreds of others are connected to the broker, too.
    """
    network = daemon.context.host.network
    held = {pid: network.sockets(pid) for pid in family}
    inodes = {inode for sockets in held.values() for inode in sockets}
    ports = {port for one in known for port in one.ports}
    peers = {inode: (address, port) for port in ports for inode, address in network.connected(port, inodes).items()}
    return {
        (pid, descriptor, inode): peers[inode]
        for pid, sockets in held.items()
        for inode, descriptor in sockets.items()
        if inode in peers
    }


def _good(daemon: Daemon, known: list[Broker], peers: set[tuple[str, int]], seconds: float) -> set[tuple[str, int]]:
    """Those (address, port) that are a broker's.

    Names are resolved only if a peer has the address of no broker that is named by its address.
    """
    good = {
        (address, port)
        for address, port in peers
        if any(port in one.ports and one.server in ("", address) for one in known)
    }
    if good == peers:
        return good
    found = _addresses(daemon, known, seconds)
    good |= {(address, port) for one in known for address in found.get(one.server, ()) for port in one.ports} & peers
    if not good:
        _all_resolved(found)
    return good


def _addresses(daemon: Daemon, known: list[Broker], seconds: float) -> dict[str, list[str]]:
    """{name of a broker: its addresses}.  No name is looked up twice."""
    return daemon.context.host.network.addresses([one.server for one in known if one.server], seconds)


def _all_resolved(found: dict[str, list[str]]) -> None:
    """Raise Degraded if a name has no address."""
    lost = [name for name, addresses in found.items() if not addresses]
    if lost:
        raise errors.unresolved(lost[0])


def _backends(daemon: Daemon, family: list[int]) -> list[int]:
    """The child processes that run the service's own program.

    A worker also has children that end by themselves, as "sudo cinder-rootwrap ... qemu-img convert".
    """
    from ..daemon.looks import Looks
    from ..daemon.process import read

    looks = Looks(daemon.context)
    children = [process for pid in family[1:] if (process := read(daemon.context.host, pid)) is not None]
    return [one.pid for one in children if one.parent == family[0] and looks.fits(one, whole=False)]


def trouble(daemon: Daemon, seconds: float) -> str:
    """What is wrong with the daemon's brokers, for a reason; "" if one broker of each URL is well or nobody can tell.

    A daemon may need those of one URL alone, or may wait for them before it turns to the next ones.
    """
    # Imported here, as everything that a monitor of a healthy daemon does not need.
    from . import greeting

    context = daemon.context
    if not urls(context, daemon.settings):
        return ""
    until = context.now() + seconds
    # amqp_server_port says only where connections may go to.
    clusters = [[one for one in cluster if one.server] for cluster in named(context, daemon.settings)]
    # All names at once, because each may take long.
    _addresses(daemon, [one for cluster in clusters for one in cluster], seconds / 2)
    for number, cluster in enumerate(clusters):
        away = greeting.trouble(daemon, cluster, (until - context.now()) / (len(clusters) - number))
        if away:
            return away
    return ""
