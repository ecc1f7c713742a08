"""What an operator may set on a resource, declared once.

The same declaration checks the value, documents it in the meta-data and the
manual page, decides whether a change of it restarts the daemon, and keeps a
secret out of every text.
"""

from __future__ import annotations

from . import errors
from .record import Record

# Pacemaker's and the shell library's spellings together, in any case.
TRUE = ("1", "true", "yes", "y", "on", "t", "ja")
FALSE = ("0", "false", "no", "n", "off", "f", "nein")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    Value = Union[str, int, bool]
else:
    Value = object

_DIGITS = 9  # of the longest number that makes sense
UWSGI = "/usr/bin/uwsgi_python3"

CLOUDS = ("/etc/openstack/clouds.yaml", "/etc/openstack/secure.yaml")
"""What os_cloud is looked up in: never a home directory, whoever calls us."""


class Param(Record):
    """One instance parameter (``OCF_RESKEY_<name>``)."""

    name: str
    summary: str  # one line, no full stop: the shortdesc
    text: str = ""  # the longdesc, if the summary does not say it all
    kind: str = "string"  # string, integer or boolean: the types every consumer knows
    default: str = ""  # "" is: no default, the text says what happens then
    secret: bool = False
    monitoring: bool = False  # concerns only monitoring: a change of it restarts nothing
    unique: bool = False  # no two resources of this agent may share the value
    argument: str = ""  # option with which the daemon is given the value, if there is one

    def parse(self, given: str) -> Value:
        """Return the value that *given* (or, if empty, the default) stands for.

        Raises BadParameter.
        """
        text = given or self.default
        if self.kind == "integer":
            # isdecimal() also knows other scripts' digits, which int() takes but no admin means
            if text and not (text.isdecimal() and text.isascii() and len(text) <= _DIGITS):
                raise errors.BadParameter(f"{self.name}: {self.shown(text)} is not a whole number")
            return int(text or "0")
        if self.kind == "boolean":
            if text.lower() in TRUE:
                return True
            if text.lower() not in FALSE:
                raise errors.BadParameter(f"{self.name}: {self.shown(text)} is neither yes nor no")
            return False
        return text

    def shown(self, text: str) -> str:
        """*text* as a reason or log line may show it."""
        return "the value" if self.secret else repr(text)


def process(service) -> tuple[Param, ...]:
    """The parameters that say how the daemon runs; a change of one restarts it."""
    if not service.uwsgi.ini:
        binary, program = service.binary, ""
    elif not service.binary:
        binary, program = UWSGI, ""
    else:
        binary, program = "", f" Without a value: a uwsgi where there is {service.uwsgi.ini}, else {service.binary}."
    config = service.config
    kinds: tuple[Param, ...] = ()
    if service.kinds:
        binary = config = ""
        program = " Without a value: swift- and the name of the daemon."
        kinds = (
            Param(
                name="daemon",
                summary="Daemon to run",
                text=f"Daemon to run: {', '.join(sorted(dict(service.kinds)))}.",
                default=service.kinds[0][0],
            ),
        )
    given = "the value of config" if service.positional else "--config-file and the value of config"
    return (
        *kinds,
        Param(
            name="binary",
            summary="Program to run",
            text=(
                "Program to run, with its path or to be found in PATH. A uwsgi is given the service's ini file; any"
                f" other program is given {given}.{program}"
            ),
            default=binary,
        ),
        Param(
            name="config",
            summary="Configuration file of the service",
            text="" if config else "Configuration file of the service. Without a value: the daemon's own.",
            default=config,
        ),
        Param(name="user", summary="Account the daemon runs as", default=service.user),
        Param(
            name="pid",
            summary="File that holds the process id of the daemon",
            text=(
                "File that holds the process id of the daemon. Without a value: the resource's name with .pid, in"
                " /run/resource-agents. A process is believed to be the daemon only if it runs the service's program"
                " with its configuration, whatever this file says."
            ),
            unique=True,
        ),
        Param(
            name="additional_parameters",
            summary="More arguments for the daemon",
            text="More arguments for the daemon, split into words as a shell would; no shell ever sees them.",
        ),
        Param(
            name="unit",
            summary="Manage the daemon through this systemd unit",
            text=(
                f"Manage the daemon through this systemd unit ({service.name}.service, apache2.service) instead of"
                " running the program: for a service that lives in a web server, or that the distribution's unit must"
                " start. What the unit says about program, account and arguments then counts, and binary, user, pid and"
                " additional_parameters have no effect. While the cluster runs the unit, its Restart= is switched off."
            ),
            default=service.unit,
            # A web server serves more than one.
            unique=not service.unit,
        ),
    )


SIGN_IN = (
    Param(
        name="os_auth_url",
        summary="URL of Keystone",
        text=(
            "URL of Keystone, as http://controller:5000/v3. An old URL that ends in /v2.0 is understood. Keystone's own"
            " agent asks the instance on this host, whatever this names; the name then serves to check a certificate."
        ),
        monitoring=True,
    ),
    Param(
        name="os_username",
        summary="User to sign in as for monitoring",
        text=(
            "User to sign in as for monitoring. Credentials in any of the forms offered make monitor also ask what only a"
            " user may: something that reaches the database of this instance of an API; or, of an API, whether it"
            " counts this worker as up, which needs the role admin. Where there is nothing to ask they have no effect."
        ),
        monitoring=True,
    ),
    Param(
        name="os_password",
        summary="Password of os_username",
        text=(
            "Password of os_username. Everybody who may read the cluster's configuration can read it there: prefer"
            " cibsecret (crm_resource and pcs then show lrm:// in its place) or os_password_file."
        ),
        secret=True,
        monitoring=True,
    ),
    Param(
        name="os_password_file",
        summary="File whose first line is the password of os_username",
        text="File, readable by root alone, whose first line is the password of os_username.",
        monitoring=True,
    ),
    Param(
        name="os_tenant_name",
        summary="Project to sign in to, by its old name",
        text="Project to sign in to. The old name of os_project_name.",
        monitoring=True,
    ),
    Param(name="os_project_name", summary="Project to sign in to", monitoring=True),
    Param(name="os_user_domain_name", summary="Domain of os_username", default="Default", monitoring=True),
    Param(name="os_project_domain_name", summary="Domain of the project", default="Default", monitoring=True),
    Param(
        name="os_application_credential_id",
        summary="Application credential to sign in with",
        text="Application credential to sign in with, instead of user and password.",
        monitoring=True,
    ),
    Param(
        name="os_application_credential_secret",
        summary="Secret of the application credential",
        secret=True,
        monitoring=True,
    ),
    Param(
        name="os_cloud",
        summary="Cloud of clouds.yaml to sign in to",
        text=(
            "Cloud of /etc/openstack/clouds.yaml (with secure.yaml beside it) to sign in to, instead of the other os_"
            " parameters. Needs openstacksdk."
        ),
        monitoring=True,
    ),
    Param(
        name="os_cacert",
        summary="File with the certificates to trust",
        text="File with the certificates of the authorities to trust over https. Without a value: the system's.",
        monitoring=True,
    ),
    Param(
        name="insecure",
        summary="Accept any certificate over https",
        text="Accept any certificate over https, and so send the password to whoever answers.",
        kind="boolean",
        default="false",
        monitoring=True,
    ),
)

WATCH = Param(
    name="watch_time",
    summary="Seconds that a recurring monitor stays and watches the daemon",
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
        summary="Write down what each action does",
        text="Write down what each action does, with times and without secrets, in a file of its own.",
        kind="boolean",
        default="false",
        monitoring=True,
    ),
    Param(
        name="trace_file",
        summary="File for trace_ra",
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
    summary="There is no message broker",
    text="There is no message broker to be connected to, as the services talk to each other directly.",
    kind="boolean",
    default="false",
    monitoring=True,
)


def address(api) -> tuple[Param, ...]:
    """Where this instance answers."""
    url = Param(
        name="url",
        summary="URL that this instance answers",
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
            summary="Port that this instance answers",
            text=f"Port that this instance answers. Without a value: that of the configuration, else {api.port}.",
            kind="integer",
            monitoring=True,
        ),
    )


TOKEN_URL = Param(
    name="keystone_get_token_url",
    summary="URL of Keystone, by its old name",
    text=(
        "URL of Keystone, as http://127.0.0.1:5000/v2.0/tokens: what counts of it is the server. The old name of"
        " os_auth_url, which is used before it."
    ),
    default="http://127.0.0.1:5000/v2.0/tokens",
    monitoring=True,
)


MULTIBACKEND = Param(
    name="multibackend",
    summary="Each backend is to hold a connection of its own",
    text="Each child of the daemon, one for each backend, has to be connected to the message broker on its own.",
    kind="boolean",
    default="false",
    monitoring=True,
)
WEB = Param(
    name="web",
    summary="Directory with the files of noVNC",
    text="Directory with the files of noVNC. Without a value: as the service is configured.",
    argument="--web",
)


def config_file(name: str, default: str = "") -> Param:
    """A further configuration file that the daemon is given."""
    return Param(
        name=name,
        summary="Second configuration file of the service",
        text="" if default else "Second configuration file of the service. Without a value: the distribution's own.",
        default=default,
        argument="--config-file",
    )


def no_effect(*names: str) -> tuple[Param, ...]:
    """Parameters of the old agents that nothing needs any more."""
    return tuple(
        Param(
            name=name,
            summary="No effect",
            text="No effect; accepted so that a resource made for the old agents of this name keeps working.",
            monitoring=True,
        )
        for name in names
    )
