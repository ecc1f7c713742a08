"""The message brokers that the service's configuration names."""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..record import Record
from ..settings import Settings

_PLAIN, TLS = 5672, 5671  # AMQP's ports
_RABBIT = ("rabbit", "amqp", "amqps", "kombu")
_HIGHEST = 65535  # port
_MANY = ("messaging_urls",)  # options that may be set more than once


class Broker(Record):
    """One message broker that the daemon may be connected to."""

    server: str  # name or IP address; "" means any
    ports: tuple[int, ...]

    def __str__(self) -> str:
        return f"broker {self.server or '*'}:{self.ports[0]}"


def brokers(context: Context, settings: Settings) -> list[Broker]:
    """The brokers, one of which the daemon has to be connected to; none if nobody can tell, as without RabbitMQ.

    Raises Degraded as ``named`` does.
    """
    port = context.number("amqp_server_port") if context.has("amqp_server_port") else 0
    if port:
        return [Broker(server="", ports=(port,))]
    clusters = named(context, settings)
    # With another driver in one URL, the daemon may need no connection to a RabbitMQ that another URL names.
    return [one for cluster in clusters for one in cluster] if all(clusters) else []


def urls(context: Context, settings: Settings) -> list[tuple[str, str]]:
    """(option, URL) of every URL of brokers in the service's configuration.

    A daemon that listens for notifications takes them from brokers of their own, if further options name any, and may
    talk to the other daemons through those of transport_url in DEFAULT.
    """
    found = {}
    for section, name in (*context.service.brokers, ("DEFAULT", "transport_url")):
        written = settings.every(section, name) if name in _MANY else [settings.option(section, name)]
        found.update({url: name for url in written if url})
    return [(name, url) for url, name in found.items()]


def named(context: Context, settings: Settings) -> list[list[Broker]]:
    """The brokers of each URL; none for one that is not that of a RabbitMQ.

    Raises Degraded if a port cannot exist: the daemon reaches no broker there, however often it is restarted; and if a
    daemon that only parameters describe has no transport_url.
    """
    if settings.option("DEFAULT", "rpc_transport", "oslo") != "oslo":
        # Ironic alone has this option: with another value, its API asks the conductors by HTTP.
        return []
    found = urls(context, settings)
    if not found and context.config and context.service.described:
        # The operator says that the daemon needs a broker, and may be wrong.
        raise errors.Degraded(f"broker: {context.config} names no transport_url")
    return [_cluster(context, option, url) for option, url in found or [("transport_url", "rabbit://")]]


def _cluster(context: Context, option: str, url: str) -> list[Broker]:
    """The brokers in one URL, which is the value of this *option*.

    oslo.messaging, "Transport URL": driver://user:password@host:port[,user:password@host:port]/vhost?options.
    """
    driver, separator, rest = url.partition("://")
    if not separator or driver not in _RABBIT:
        # Any part of a URL of unknown form may be a secret.
        context.log.debug(f"{option} is not that of a RabbitMQ: the agent does not check such connections")
        return []
    found = []
    for part in rest.partition("/")[0].partition("?")[0].split(","):
        secret, _, place = part.rpartition("@")
        context.log.hide(secret.partition(":")[2])
        name, number = _server(place)
        if number.isdecimal() and (len(number) > len(str(_HIGHEST)) or not 0 < int(number) <= _HIGHEST):
            # In a URL of another form, this number may be a part of the password.
            raise errors.Degraded(f"{option}: the port of broker {name} does not exist")
        # Without a port in a URL: oslo.messaging takes 5672, and kombu, which it uses, 5671 for TLS.
        found.append(Broker(server=name, ports=(int(number),) if number.isdecimal() else (_PLAIN, TLS)))
    return found


def _server(text: str) -> tuple[str, str]:
    """Name and port of "name:port", "[::1]:port" or "name"."""
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = text.partition(":")
    return name, port
