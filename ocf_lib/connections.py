"""The sockets of the daemon's own processes: its connection to the broker, its listener, its UNIX socket.

Exact on process and port, as the kernel lists them: a connection of somebody
else's to the same broker, or to a neighbouring port, proves nothing.
"""

from __future__ import annotations

from . import daemon, errors, settings
from .context import Context
from .host import Host
from .record import Record

_PLAIN, _TLS = 5672, 5671
_RABBIT = ("rabbit", "amqp", "amqps", "kombu")
_HEADER = b"AMQP\0\0\x09\x01"  # AMQP 0-9-1, 4.2.2: a broker answers it with its greeting


class Broker(Record):
    """One message broker that the daemon may be connected to."""

    host: str  # "" is any
    ports: tuple[int, ...]

    def __str__(self) -> str:
        return f"broker {self.host or '*'}:{self.ports[0]}"


def check(context: Context, main, seconds: float) -> None:
    """Does the daemon hold the sockets that it works with?  Raises NotYet and AgentError."""
    service = context.service
    if not service.api.media:
        # An answer that any web server may give: whose was it?
        _listens(context, main)
    if service.socket[0]:
        _accepts(context, seconds)
    if service.broker:
        _connected(context, main)


def _connected(context: Context, main) -> None:
    """Does the daemon hold a connection to one of its brokers?

    Raises NotYet if it does not: it may have started a moment ago, or the
    broker may just be back.  A frozen broker, or a frozen daemon, keeps its
    connections; this check does not see it.
    """
    if context.has("zeromq") and context.flag("zeromq"):
        return
    known = brokers(context)
    if not known:
        return
    family = context.host.processes.family(main.pid)
    held = {pid: context.host.network.sockets(pid) for pid in family}
    ports = {port for one in known for port in one.ports}
    good = {
        inode
        for port in ports
        for inode, address in context.host.network.connected(port)
        if _is_one(context.host, known, address, port)
    }
    if context.has("multibackend") and context.flag("multibackend"):
        # The old agents' word for it: each process of a backend on its own.
        without = [pid for pid in family if pid != main.pid and not held[pid] & good]
        if len(family) > 1 and without:
            raise errors.NotYet(
                f"{context.service.name}: pid {without[0]}, of one backend, has no connection to {known[0]}"
            )
    if not any(inodes & good for inodes in held.values()):
        raise errors.NotYet(f"{context.service.name}: no connection to {known[0]}")


def brokers(context: Context) -> list[Broker]:
    """The brokers of the service's transport_url; none if it does not use RabbitMQ.

    oslo.messaging, "Transport URL": driver://user:password@host:port[,user:password@host:port]/vhost?options.
    """
    port = context.number("amqp_server_port") if context.has("amqp_server_port") else 0
    if port:
        return [Broker(host="", ports=(port,))]
    url = settings.option(context, "DEFAULT", "transport_url")
    driver, separator, rest = (url or "rabbit://").partition("://")
    if not separator or driver not in _RABBIT:
        context.log.debug(f"transport_url is of {driver}, which nobody looks for")
        return []
    found = []
    for part in rest.partition("/")[0].partition("?")[0].split(","):
        secret, _, server = part.rpartition("@")
        context.log.hide(secret.partition(":")[2])
        name, number = _server(server)
        # oslo.messaging takes the first, kombu under it the second for TLS.
        found.append(Broker(host=name, ports=(int(number),) if number.isdecimal() else (_PLAIN, _TLS)))
    return found


def _server(text: str) -> tuple[str, str]:
    """Name and port of "name:port", "[::1]:port" or "name"."""
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = text.partition(":")
    return name, port


def _is_one(host: Host, known: list[Broker], address: str, port: int) -> bool:
    """Is that address and port one of the brokers'?  Names are looked up only where the address is not it."""
    fits = [one for one in known if port in one.ports]
    return any(one.host in ("", address) for one in fits) or any(
        address in host.network.addresses(one.host) for one in fits
    )


def broker_trouble(context: Context, seconds: float) -> str | None:
    """What is wrong with the daemon's brokers, for a reason; None if one is well or nobody can tell."""
    known = [one for one in brokers(context) if one.host]
    trouble = None
    for one in known:
        what = str(one)
        tls = None
        if one.ports[0] == _TLS:
            tls = context.host.network.tls("", one.host, False)
        try:
            context.host.network.ask_greeting((one.host, one.ports[0]), _HEADER, max(seconds / len(known), 1.0), tls)
            return None
        except TimeoutError:
            trouble = f"{what} does not answer"
        except ConnectionRefusedError:
            trouble = f"{what} refuses connections"
        except OSError as problem:
            trouble = f"{what}: {problem.strerror or problem}"
    return trouble


def _listens(context: Context, main) -> None:
    """Is it the daemon's own socket that listens on its port?  Raises AgentError."""
    port = daemon.address(context).port
    listening = context.host.network.listening(port)
    if not any(context.host.network.sockets(pid) & listening for pid in context.host.processes.family(main.pid)):
        raise errors.AgentError(f"{context.service.name}: none of its processes listens on port {port}")


def _accepts(context: Context, seconds: float) -> None:
    """Does the daemon accept connections on its UNIX socket?  Raises AgentError."""
    name, usual = context.service.socket
    path = settings.option(context, "DEFAULT", name) or usual
    state = settings.option(context, "DEFAULT", "state_path") or f"/var/lib/{context.service.project}"
    path = path.replace("$state_path", state)
    trouble = context.host.network.refusal(path, seconds)
    if trouble:
        raise errors.AgentError(f"{context.service.name}: {path}: {trouble}")
