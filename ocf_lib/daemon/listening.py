"""On which socket the daemon listens, and at which address the checks ask this instance."""

from __future__ import annotations

from .. import errors
from ..address import EVERY_ADDRESS, Address, parse_url
from ..context import Context
from ..param import FALSE
from ..settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..service import Api


def given(context: Context) -> Address | None:
    """The ``url`` that the operator gives; None without one.  Raises Degraded if it is wrong."""
    try:
        return _of_this_node(context, context.get("url"))
    except errors.BadParameter as problem:
        raise errors.Degraded(str(problem)) from None


def _of_this_node(context: Context, text: str) -> Address | None:
    """The address in *text*, with the name of this node for "{host}"; None if *text* is empty.  Raises BadParameter.

    The name is that of the kernel (``uname -n``), as OpenStack's services report it.
    """
    return parse_url("url", text.replace("{host}", context.host.itself.name())) if text else None


def as_configured(context: Context, settings: Settings, usual: int = 0) -> Address:
    """The socket that the daemon opens, from ``url`` or else from its own configuration.

    ``url`` comes first: nobody knows the configuration of a program or web
    server that is not the distribution's.  But a name in ``url``, or an address
    that only this host can reach, does not say where the daemon listens.
    A server of "" means every address, and *usual* is the port of a program that
    has another one than the service, if nothing is configured.
    A ``url`` or port that is wrong counts as none: the daemon has to start all the same.
    """
    api = context.service.api
    try:
        url = given(context)
    except errors.Degraded:
        url = None
    section, address_option, port_option = api.bind
    server = settings.option(section, address_option) if section else ""
    if url:
        return Address(scheme=url.scheme, server=url.server if _is_outer(url.server) else server, port=url.port)
    port = int(context.usable(api.port_parameter)) if api.port_parameter else 0
    if section:
        text = settings.option(section, port_option)
        port = port or (int(text) if text.isdecimal() and len(text) < 6 and int(text) < 1 << 16 else 0)
    return Address(scheme="https" if _is_tls(api, settings) else "http", server=server, port=port or usual or api.port)


def asked_at(context: Context, listens: Address) -> Address:
    """Where the checks ask this instance: at ``url``, else at the socket *listens*.

    Raises Degraded if the operator gives a wrong address: nobody knows where to ask then.
    """
    url = given(context)
    if url:
        return url
    if context.service.api.port_parameter:
        context.number(context.service.api.port_parameter)
    local = "::1" if listens.server == "::" else "127.0.0.1"
    server = local if listens.server in EVERY_ADDRESS else listens.server
    return Address(scheme=listens.scheme, server=server, port=listens.port, path=context.service.api.paths[0])


def _is_tls(api: Api, settings: Settings) -> bool:
    """Does the daemon itself serve https?  The option is a yes, the path of a certificate, or a list of APIs."""
    section, option, word = api.tls
    text = settings.option(section, option) if section else ""
    if word:
        return word in text.replace(",", " ").split()
    return text != "" and text.lower() not in FALSE


def _is_outer(server: str) -> bool:
    """Is this an IP address, and no loopback address?"""
    if ":" in server:
        return server != "::1"
    return server.replace(".", "").isdecimal() and not server.startswith("127.")
