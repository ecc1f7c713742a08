"""The parameters that say how the daemon runs (binary, config, user, pid, unit, ...); a change restarts the daemon."""

from __future__ import annotations

from .param import Param

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .service import Service

UWSGI = "/usr/bin/uwsgi_python3"
_NO_EFFECT = "No effect in this agent: systemd runs the web server."
_DESCRIBED_CONFIG = (
    " A file in a directory of /etc, as /etc/vitrage/vitrage.conf, also says of which project the service is. The agent reads"
    " there which message broker and database the daemon uses. Without a value, the program gets no arguments except those"
    " of additional_parameters."
)
_ENVIRONMENT = Param(
    name="environment",
    summary="Environment variables",
    text=(
        "Environment variables of the daemon, as words NAME=value. The agent splits the text into words as a shell does,"
        " but no shell reads them. They win over the variables of the unit of the distribution, which the daemon gets,"
        " too. This is no place for a password."
    ),
)


def how_it_runs(service: Service) -> tuple[Param, ...]:
    """The parameters that say how the daemon runs."""
    web_server = service.unit != ""
    return (
        *(_daemons(service) if service.daemons else ()),
        _binary(service),
        Param(
            name="config",
            summary="Configuration file",
            text="Configuration file of the service."
            + (" Without a value, the agent takes the one of the daemon." if service.daemons else "")
            + (_DESCRIBED_CONFIG if service.described else "")
            + ("" if service.uwsgi.takes_config else " Under a uwsgi, the daemon reads the default and no other file."),
            kind="path",
            default="" if service.daemons else service.config,
        ),
        Param(
            name="user",
            summary="Account of the daemon",
            text=_NO_EFFECT if web_server else "Account that the daemon runs as.",
            default=service.user,
        ),
        Param(
            name="pid",
            summary="Process id file",
            text=_NO_EFFECT
            if web_server
            else (
                "File that holds the process id of the daemon. Without a value, it is the name of the resource with"
                " .pid, in /run/resource-agents. Whatever the file says, the agent believes a process only if it runs"
                " the program of the service with its configuration."
            ),
            kind="path",
            unique=True,
        ),
        Param(
            name="additional_parameters",
            summary="Additional arguments",
            text=_NO_EFFECT
            if web_server
            else (
                "Additional arguments for the daemon. The agent splits them into words as a shell does, but no shell"
                " reads them."
            ),
        ),
        *(() if web_server else (_ENVIRONMENT,)),
        _unit(service),
    )


def _daemons(service: Service) -> tuple[Param, ...]:
    return (
        Param(
            name="daemon",
            summary="Daemon to run",
            text=f"Daemon to run. It is one of {', '.join(sorted(dict(service.daemons)))}.",
            required=True,
        ),
    )


def _binary(service: Service) -> Param:
    arguments = "the value of config" if service.positional else "--config-file and the value of config"
    text = "Program to run. The agent looks in PATH for a name without a path."
    default = service.binary
    if service.unit:
        text = _NO_EFFECT
    elif service.described:
        text += (
            f" It runs the program with {arguments}, and with --log-file if the project has a directory in /var/log. If one"
            " program runs several daemons, their additional_parameters tell them apart. Either binary or unit needs a"
            " value."
        )
    elif service.daemons:
        default = ""
        prefix = service.program_of.format(daemon="")
        text += f" It runs the program with {arguments}. Without a value, it runs {prefix} and the name of the daemon."
    elif service.uwsgi.ini:
        text += f" It runs a uwsgi with {service.uwsgi.ini}, and any other program with {arguments}."
        default = UWSGI
        if service.binary:
            text += f" Without a value, it runs a uwsgi if that file is there, else {service.binary}."
            default = ""
    else:
        text += f" It runs the program with {arguments}."
    return Param(name="binary", summary="Program to run", text=text, default=default)


def _unit(service: Service) -> Param:
    watched = (
        "While the cluster runs the unit, the agent switches its Restart= off. If several resources name one unit, it"
        " stops with the last of them."
    )
    if service.unit:
        text = f"systemd unit of the web server. If there is none of that name, the agent takes httpd. {watched}"
    else:
        own = service.program_of.format(daemon=service.daemons[0][0]) if service.daemons else service.name
        names, why = f"{own}.service", "if only the unit of the distribution can start the service"
        if service.described:
            names, why = "vitrage-api.service", "for an API that a uwsgi or a web server runs"
        if service.uwsgi.ini:
            names, why = f"{names} or apache2.service", f"{why}, or if the service lives in a web server"
        text = (
            f"systemd unit that runs the daemon, such as {names}. Use it {why}. The unit then says what program runs,"
            " as whom and with which arguments; binary, user, pid, additional_parameters and environment"
            " have no effect."
            f" {watched} Without a value, the agent runs the program itself."
        )
    return Param(
        name="unit",
        summary="systemd unit",
        text=text,
        default=service.unit,
        # One web server may run several services, so several resources may name its unit.
        unique=not (service.unit or service.described),
    )
