"""Check: is the daemon connected to one of its message brokers?

The check uses the kernel's list of connections, with exact process and port.
So a connection of another process, or to a neighbouring port, does not count.
A frozen broker or a frozen daemon keeps its connections, so this check cannot
notice either.
"""

from __future__ import annotations

from .. import errors
from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..context import Context
    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    (
        "no connection to broker ..., for less than 60 s so far",
        "Degraded for a minute, because the daemon or the broker may just have started. Then Pacemaker restarts the"
        " daemon.",
    ),
    ("broker ... refuses connections, does not answer", "Degraded. Look at RabbitMQ. Pacemaker restarts nothing."),
)
_PLAIN, _TLS = 5672, 5671
_RABBIT = ("rabbit", "amqp", "amqps", "kombu")
_HEADER = b"AMQP\0\0\x09\x01"  # AMQP 0-9-1, 4.2.2: a broker answers this header with its greeting


class Broker(Record):
    """One message broker that the daemon may be connected to."""

    server: str  # name or IP address; "" means any
    ports: tuple[int, ...]

    def __str__(self) -> str:
        return f"broker {self.server or '*'}:{self.ports[0]}"


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return "The daemon is connected to a message broker."


def check(daemon: Daemon, seconds: float) -> None:
    """Look for an established connection of the daemon to one of its brokers.

    Raises NotYet if there is none: the daemon may have started a moment ago, or
    the broker may just be back.
    """
    context = daemon.context
    known = _wanted(daemon)
    if not known:
        return
    family = daemon.family()
    connected = {pid for pid, _, _ in _connections(daemon, known, family)}
    if context.has("multibackend") and context.flag("multibackend"):
        # With this parameter of the old agents, each child process has to have a connection of its own.
        without = [pid for pid in family[1:] if pid not in connected]
        if without:
            raise errors.NotYet(f"pid {without[0]} (one backend) has no connection to {known[0]}")
    if not connected:
        raise errors.NotYet(f"no connection to {known[0]}")


def held_socket(daemon: Daemon) -> tuple[int, int, str] | None:
    """(pid, file descriptor, inode) of one connection to a broker; None if there is none, or none is wanted.

    As long as /proc/PID/fd/DESCRIPTOR leads to "socket:[INODE]", the process
    holds this socket.  That does not tell whether it is still connected.
    """
    known = _wanted(daemon)
    found = _connections(daemon, known, daemon.family()) if known else []
    return found[0] if found else None


def beat(daemon: Daemon) -> Callable[[float], None]:
    """A heartbeat looks whether the daemon still holds the connection that it holds now."""
    held = held_socket(daemon)
    network = daemon.context.host.network

    def look(_seconds: float) -> None:
        if held and network.socket(held[0], held[1]) != held[2]:
            raise errors.AgentError(f"pid {held[0]} has closed its connection to the broker")

    return look


def _wanted(daemon: Daemon) -> list[Broker]:
    """The brokers, one of which the daemon has to be connected to; none if it needs no broker."""
    context = daemon.context
    if context.has("zeromq") and context.flag("zeromq"):
        return []
    return brokers(daemon)


def _connections(daemon: Daemon, known: list[Broker], family: list[int]) -> list[tuple[int, int, str]]:
    """(pid, file descriptor, inode) of every connection of the *family* to one of the *known* brokers.

    Only the daemon's own sockets are compared.  On a controller, hundreds of others are connected to the broker, too.
    """
    network = daemon.context.host.network
    held = {pid: network.sockets(pid) for pid in family}
    inodes = {inode for sockets in held.values() for inode in sockets}
    ports = {port for one in known for port in one.ports}
    peers = {inode: (address, port) for port in ports for inode, address in network.connected(port, inodes).items()}
    good = {peer for peer in set(peers.values()) if _is_one(daemon.context, known, *peer)}
    return [
        (pid, descriptor, inode)
        for pid, sockets in held.items()
        for inode, descriptor in sockets.items()
        if peers.get(inode) in good
    ]


def brokers(daemon: Daemon) -> list[Broker]:
    """The brokers in the service's transport_url; none if the service does not use RabbitMQ.

    oslo.messaging, "Transport URL": driver://user:password@host:port[,user:password@host:port]/vhost?options.
    """
    context = daemon.context
    port = context.number("amqp_server_port") if context.has("amqp_server_port") else 0
    if port:
        return [Broker(server="", ports=(port,))]
    url = daemon.settings.option("DEFAULT", "transport_url")
    driver, separator, rest = (url or "rabbit://").partition("://")
    if not separator or driver not in _RABBIT:
        context.log.debug(f"transport_url is of {driver}: the agent does not check such connections")
        return []
    found = []
    for part in rest.partition("/")[0].partition("?")[0].split(","):
        secret, _, place = part.rpartition("@")
        context.log.hide(secret.partition(":")[2])
        name, number = _server(place)
        # Without a port in transport_url: oslo.messaging takes 5672, and kombu, which it uses, 5671 for TLS.
        found.append(Broker(server=name, ports=(int(number),) if number.isdecimal() else (_PLAIN, _TLS)))
    return found


def trouble(daemon: Daemon, seconds: float) -> str:
    """What is wrong with the daemon's brokers, for a reason; "" if one broker is well or nobody can tell."""
    if not daemon.settings.option("DEFAULT", "transport_url"):
        return ""
    network = daemon.context.host.network
    known = [one for one in brokers(daemon) if one.server]
    found = ""
    for one in known:
        tls = network.tls("", one.server, False) if one.ports[0] == _TLS else None
        try:
            network.ask_greeting((one.server, one.ports[0]), _HEADER, max(seconds / len(known), 1.0), tls)
            return ""
        except OSError as problem:
            found = errors.unreachable(str(one), problem)
    return found


def _server(text: str) -> tuple[str, str]:
    """Name and port of "name:port", "[::1]:port" or "name"."""
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = text.partition(":")
    return name, port


def _is_one(context: Context, known: list[Broker], address: str, port: int) -> bool:
    """Are *address* and *port* those of a broker?  Names are resolved only if no broker has this very address."""
    fits = [one for one in known if port in one.ports]
    return any(one.server in ("", address) for one in fits) or any(
        address in context.host.network.addresses(one.server) for one in fits
    )
