"""The other parameters that a service may offer: address, broker, watch, trace, and the old agents' own."""

from __future__ import annotations

from .param import Param

WATCH = Param(
    name="watch_time",
    summary="Watch time in seconds",
    text=(
        "Seconds that a recurring monitor, once its checks have passed, stays and watches the daemon, to report its"
        " death at once instead of at the next monitor. The watch always ends well before the operation's timeout."
        " 0 is plain polling."
    ),
    kind="integer",
    default="20",
    monitoring=True,
)

TRACE = (
    Param(
        name="trace_ra",
        summary="Trace each action",
        text="Write down what each action does, with times and without secrets, in a file of its own.",
        kind="boolean",
        default="false",
        monitoring=True,
    ),
    Param(
        name="trace_file",
        summary="Trace file",
        text=(
            "File for trace_ra, to which every action then appends. Without a value: a file for each action below"
            " /var/lib/heartbeat/trace_ra."
        ),
        monitoring=True,
    ),
)


BROKER = (
    Param(
        name="amqp_server_port",
        summary="Port of the message broker",
        text=(
            "Port of the message broker, at whatever address. Without a value: the brokers that transport_url of the"
            " service's configuration names."
        ),
        kind="integer",
        monitoring=True,
    ),
)
ZEROMQ = Param(
    name="zeromq",
    summary="No message broker",
    text="There is no message broker to be connected to, as the services talk to each other directly.",
    kind="boolean",
    default="false",
    monitoring=True,
)


def address(api) -> tuple[Param, ...]:
    """Where this instance answers."""
    url = Param(
        name="url",
        summary="URL of this instance",
        text=(
            "URL that this instance answers on this host, never the address that the cluster moves. Without a value:"
            f" taken from the service's own configuration, else http://127.0.0.1:{api.port}{api.paths[0]}. A path that"
            " is not there (404), as the version of an API that is long gone, counts for nothing."
        ),
        monitoring=True,
    )
    if not api.port_parameter:
        return (url,)
    return (
        url,
        Param(
            name=api.port_parameter,
            summary="Port of this instance",
            text=f"Port that this instance answers. Without a value: that of the configuration, else {api.port}.",
            kind="integer",
            monitoring=True,
        ),
    )


TOKEN_URL = Param(
    name="keystone_get_token_url",
    summary="URL of Keystone (old name)",
    text=(
        "URL of Keystone, as http://127.0.0.1:5000/v2.0/tokens: what counts of it is the server. The old name of"
        " os_auth_url, which is used before it."
    ),
    default="http://127.0.0.1:5000/v2.0/tokens",
    monitoring=True,
)


MULTIBACKEND = Param(
    name="multibackend",
    summary="One connection per backend",
    text="Each child of the daemon, one for each backend, has to be connected to the message broker on its own.",
    kind="boolean",
    default="false",
    monitoring=True,
)
WEB = Param(
    name="web",
    summary="Directory of noVNC",
    text="Directory with the files of noVNC. Without a value: as the service is configured.",
    argument="--web",
)


def config_file(name: str, default: str = "") -> Param:
    """A further configuration file that the daemon is given."""
    return Param(
        name=name,
        summary="Second configuration file",
        text="Second configuration file of the service."
        + ("" if default else " Without a value: the distribution's own."),
        default=default,
        argument="--config-file",
    )


def no_effect(**labels: str) -> tuple[Param, ...]:
    """Parameters of the old agents that nothing needs any more, and what each was."""
    return tuple(
        Param(
            name=name,
            summary=f"{label}: no effect",
            text="No effect; accepted so that a resource made for the old agents of this name keeps working.",
            monitoring=True,
        )
        for name, label in labels.items()
    )
