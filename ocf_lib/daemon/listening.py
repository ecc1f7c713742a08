"""On which socket the daemon listens, and at which address the checks ask this instance."""

from __future__ import annotations

from ..address import EVERY_ADDRESS, Address, parse_url
from ..context import Context
from ..settings import Settings


def as_configured(context: Context, settings: Settings) -> Address:
    """The socket that the daemon opens, from ``url`` or else from its own configuration.

    ``url`` comes first: nobody knows the configuration of a program or web
    server that is not the distribution's.  A server of "" means every address.
    Raises BadParameter.
    """
    if context.get("url"):
        given = parse_url("url", context.get("url"))
        return Address(scheme=given.scheme, server="", port=given.port)
    api = context.service.api
    server, port = "", context.number(api.port_parameter) if api.port_parameter else 0
    section, address_option, port_option = api.bind
    if section:
        server = settings.option(section, address_option)
        text = settings.option(section, port_option)
        port = port or (int(text) if text.isdecimal() and len(text) < 6 else 0)
    return Address(scheme="http", server=server, port=port or api.port)


def asked_at(context: Context, listens: Address) -> Address:
    """Where the checks ask this instance: at ``url``, else at the socket *listens*.  Raises BadParameter."""
    given = context.get("url")
    if given:
        return parse_url("url", given)
    local = "::1" if listens.server == "::" else "127.0.0.1"
    server = local if listens.server in EVERY_ADDRESS else listens.server
    return Address(scheme=listens.scheme, server=server, port=listens.port, path=context.service.api.paths[0])
