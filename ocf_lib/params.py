"""All other parameters: address, broker, watch, trace, and those of the old agents; their texts and defaults."""

from __future__ import annotations

from .param import Param

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .service import Api

WATCH = (
    Param(
        name="watch_time",
        summary="Watch time in seconds",
        text=(
            "Seconds that a recurring monitor watches the daemon after its checks have passed. It reports the death of the"
            " daemon at once, instead of at the next monitor. The watch always ends well before the timeout of the"
            " operation. With 0, monitor does not watch. A unit may follow the number: 20s, 2min."
        ),
        kind="seconds",
        default="30",
        monitoring=True,
    ),
    Param(
        name="heartbeat",
        summary="Seconds between two heartbeats",
        text=(
            "While monitor watches the daemon, it takes a short look every so many seconds: are the processes stopped by a"
            " signal, does the API answer, is the connection to the message broker still there? If a look fails, monitor"
            " makes all its checks at once. With 0, a watching monitor notices only the death of the daemon."
        ),
        kind="seconds",
        default="2",
        monitoring=True,
    ),
)

TRACE = (
    Param(
        name="trace_ra",
        summary="Trace each action",
        text="The agent writes down what each action does, with times and without secrets, in a file of its own.",
        kind="boolean",
        default="false",
        monitoring=True,
    ),
    Param(
        name="trace_file",
        summary="Trace file",
        text=(
            "File for trace_ra; every action appends to it. Without a value, each action writes a file of its own below"
            " /var/lib/heartbeat/trace_ra."
        ),
        kind="path",
        monitoring=True,
    ),
)


BROKER = (
    Param(
        name="amqp_server_port",
        summary="Port of the message broker",
        text=(
            "Port of the message broker, at any address. Without a value, monitor takes the brokers of transport_url in"
            " the configuration of the service."
        ),
        kind="port",
        monitoring=True,
    ),
)
ZEROMQ = Param(
    name="zeromq",
    summary="No message broker",
    text="The services talk to each other directly. Monitor then looks for no connection to a message broker.",
    kind="boolean",
    default="false",
    monitoring=True,
)


def where_it_answers(api: Api) -> tuple[Param, ...]:
    """The parameters that say where this instance answers."""
    url = Param(
        name="url",
        summary="URL of this instance",
        text=(
            "URL at which this instance answers on this host. It is never the address that the cluster moves. {host}"
            " stands for the name of the node, as uname -n prints it, so one text serves every copy of a clone. Without a"
            " value, the agent takes it from the configuration of the service, else"
            f" http://127.0.0.1:{api.port}{api.paths[0]}. If that path is not there (404), monitor asks the usual one."
        ),
        kind="own_url",
        monitoring=True,
    )
    if not api.port_parameter:
        return (url,)
    return (
        url,
        Param(
            name=api.port_parameter,
            summary="Port of this instance",
            text=f"Port at which this instance answers. Without a value, the configuration says it, else {api.port}.",
            kind="port",
            monitoring=True,
        ),
    )


TOKEN_URL = Param(
    name="keystone_get_token_url",
    summary="URL of Keystone (old name)",
    text=(
        "URL of Keystone. Its path counts up to the version. The old name of os_auth_url; if both are given,"
        " os_auth_url counts."
    ),
    kind="url",
    default="http://127.0.0.1:5000/v2.0/tokens",
    monitoring=True,
)


KEYSTONE_URL = Param(
    name="keystone_url",
    summary="URL of Keystone (oldest name)",
    text="URL of Keystone. The oldest name of os_auth_url; if both are given, os_auth_url counts.",
    kind="url",
    monitoring=True,
)


MULTIBACKEND = Param(
    name="multibackend",
    summary="One connection per backend",
    text="The daemon has one child for each backend, and each child needs a connection of its own to the message broker.",
    kind="boolean",
    default="false",
    monitoring=True,
)
WEB = Param(
    name="web",
    summary="Directory of noVNC",
    text="Directory with the files of noVNC. Without a value, the daemon takes it from its configuration.",
    argument="--web",
)


HOLD = Param(
    name="hold",
    summary="Wait for the evacuation",
    text=(
        "After the cluster has fenced this node, NovaEvacuate moves its instances. A nova-compute that starts before the"
        " end of that destroys disks. With hold, a start launches nothing until then: it succeeds at once, monitor says"
        " degraded, and launches nova-compute when it finds the evacuation finished. If the cluster cannot be asked, the"
        " evacuation counts as not finished. Needs a NovaEvacuate in the cluster."
    ),
    kind="boolean",
    default="false",
    monitoring=True,
)
HOST_HEADER = Param(
    name="host_header",
    summary="Host header of the question",
    text=(
        "Name that monitor sends as the Host header. Horizon answers only to the names in its ALLOWED_HOSTS. The"
        " distributions ship a list that holds localhost."
    ),
    default="localhost",
    monitoring=True,
)


def config_file(name: str, default: str = "") -> Param:
    """The parameter for a second configuration file of the daemon."""
    return Param(
        name=name,
        summary="Second configuration file",
        text="Second configuration file of the service."
        + ("" if default else " Without a value, the daemon reads that of the distribution."),
        kind="path",
        default=default,
        argument="--config-file",
    )


def no_effect(**labels: str) -> tuple[Param, ...]:
    """Parameters of the old agents that nothing needs any more, as name="what the parameter was"."""
    return tuple(
        Param(
            name=name,
            summary=f"{label}: no effect",
            text="No effect. The agent accepts it, so that a resource made for the old agents keeps working.",
            secret=name.endswith("password"),
            monitoring=True,
        )
        for name, label in labels.items()
    )
