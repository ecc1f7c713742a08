"""Is the daemon connected to one of its message brokers?

Exact on process and port, as the kernel lists them: a connection of somebody
else's to the same broker, or to a neighbouring port, proves nothing.  A frozen
broker, or a frozen daemon, keeps its connections; this check does not see it.
"""

from __future__ import annotations

from .. import errors
from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..context import Context
    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    (
        "no connection to broker ..., for N s so far",
        "Degraded for a minute: the daemon or the broker may just have started. Then Pacemaker restarts the daemon.",
    ),
    ("broker ... refuses connections, does not answer", "Degraded. Look at RabbitMQ. Nothing is restarted."),
)
_PLAIN, _TLS = 5672, 5671
_RABBIT = ("rabbit", "amqp", "amqps", "kombu")
_HEADER = b"AMQP\0\0\x09\x01"  # AMQP 0-9-1, 4.2.2: a broker answers it with its greeting


class Broker(Record):
    """One message broker that the daemon may be connected to."""

    server: str  # "" is any
    ports: tuple[int, ...]

    def __str__(self) -> str:
        return f"broker {self.server or '*'}:{self.ports[0]}"


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return "It is connected to a message broker."


def check(daemon: Daemon, seconds: float) -> None:
    """Does the daemon hold a connection to one of its brokers?

    Raises NotYet if it does not: it may have started a moment ago, or the
    broker may just be back.
    """
    context = daemon.context
    if context.has("zeromq") and context.flag("zeromq"):
        return
    known = brokers(daemon)
    if not known:
        return
    network, family = context.host.network, daemon.family()
    held = {pid: network.sockets(pid) for pid in family}
    ports = {port for one in known for port in one.ports}
    good = {
        inode for port in ports for inode, address in network.connected(port) if _is_one(context, known, address, port)
    }
    if context.has("multibackend") and context.flag("multibackend"):
        # The old agents' word for it: each process of a backend on its own.
        without = [pid for pid in family[1:] if not held[pid] & good]
        if without:
            raise errors.NotYet(f"pid {without[0]}, of one backend, has no connection to {known[0]}")
    if not any(inodes & good for inodes in held.values()):
        raise errors.NotYet(f"no connection to {known[0]}")


def brokers(daemon: Daemon) -> list[Broker]:
    """The brokers of the service's transport_url; none if it does not use RabbitMQ.

    oslo.messaging, "Transport URL": driver://user:password@host:port[,user:password@host:port]/vhost?options.
    """
    context = daemon.context
    port = context.number("amqp_server_port") if context.has("amqp_server_port") else 0
    if port:
        return [Broker(server="", ports=(port,))]
    url = daemon.settings.option("DEFAULT", "transport_url")
    driver, separator, rest = (url or "rabbit://").partition("://")
    if not separator or driver not in _RABBIT:
        context.log.debug(f"transport_url is of {driver}, which nobody looks for")
        return []
    found = []
    for part in rest.partition("/")[0].partition("?")[0].split(","):
        secret, _, place = part.rpartition("@")
        context.log.hide(secret.partition(":")[2])
        name, number = _server(place)
        # oslo.messaging takes the first, kombu under it the second for TLS.
        found.append(Broker(server=name, ports=(int(number),) if number.isdecimal() else (_PLAIN, _TLS)))
    return found


def trouble(daemon: Daemon, seconds: float) -> str:
    """What is wrong with the daemon's brokers, for a reason; "" if one is well or nobody can tell."""
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
    """Is that address and port one of the brokers'?  Names are looked up only if the address is not it."""
    fits = [one for one in known if port in one.ports]
    return any(one.server in ("", address) for one in fits) or any(
        address in context.host.network.addresses(one.server) for one in fits
    )
