"""A service that no agent knows: the operator's parameters say which daemon it is, and what it has to answer.

Everything else works with a Service, as ever.  Its facts are worked out here,
once per invocation, from whatever the parameters say: a stop has to get by with
any text.
"""

from __future__ import annotations

from . import errors, params
from .param import Param

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .context import Context
    from .service import Service

PARAMS = (
    Param(
        name="port",
        summary="Port of this instance",
        text=(
            "TCP port at which the daemon listens. Without a value for port and url, monitor asks nothing over HTTP."
        ),
        kind="port",
        monitoring=True,
    ),
    Param(
        name="path",
        summary="Path that monitor asks for",
        text=(
            "Path that monitor asks for at port, without credentials. An answer of 2xx, 3xx or 401 is well. With another"
            " 4xx, the daemon lives and the path is probably wrong: degraded. Many services have /healthcheck."
        ),
        kind="url_path",
        default="/",
        monitoring=True,
    ),
    Param(
        name="url",
        summary="URL of this instance",
        text=(
            "URL at which this instance answers on this host, if http://127.0.0.1, port and path do not say it: the daemon"
            " speaks https, or listens at one address only. It counts instead of these two. {host} stands for the name of"
            " the node, as uname -n prints it."
        ),
        kind="own_url",
        monitoring=True,
    ),
    Param(
        name="broker",
        summary="It needs a message broker",
        text="A daemon that is well is connected to a message broker. Monitor then looks for such a connection.",
        kind="boolean",
        default="false",
        monitoring=True,
    ),
    *params.BROKER,
)


def by(context: Context, declared: Service) -> Service:
    """The facts about the daemon that the parameters describe.  Raises nothing: start and validate-all judge them."""
    binary, config, user, unit = (str(context.usable(name)) for name in ("binary", "config", "user", "unit"))
    name = binary.rpartition("/")[2] or unit.rpartition("/")[2].removesuffix(".service") or declared.name
    parts = config.split("/")
    project = parts[2] if config.startswith("/etc/") and len(parts) > 3 else user
    # The files that oslo.config reads if the command line names none.
    usual = f"/etc/{project}/{project}.conf"
    return declared.changed(
        name=name,
        user=user,
        binary=name if binary else "",
        config=config if config in ("", f"/etc/{project}/{name}.conf") else usual,
        api=declared.api.changed(port=_port(context), paths=(str(context.usable("path")),), media=""),
        broker=bool(context.usable("broker")),
    )


def _port(context: Context) -> int:
    """The port at which the checks ask; 0 if no parameter says it."""
    from .address import parse_url

    url = str(context.usable("url"))
    return parse_url("url", url.replace("{host}", "host")).port if url else int(context.usable("port"))


def required(context: Context) -> None:
    """Raise BadParameter if the parameters do not say which daemon it is."""
    binary, unit = context.get("binary"), context.get("unit")
    if bool(binary) == bool(unit):
        raise errors.BadParameter("binary, unit: exactly one of the two needs a value")
    if binary and not context.get("user"):
        raise errors.BadParameter("user: binary needs a value for it")
