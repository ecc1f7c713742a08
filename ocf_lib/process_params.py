"""The parameters that say how the daemon runs; a change of one restarts it."""

from __future__ import annotations

from .param import Param

UWSGI = "/usr/bin/uwsgi_python3"


def process(service) -> tuple[Param, ...]:
    """The parameters that say how the daemon runs; a change of one restarts it."""
    if not service.uwsgi.ini:
        binary, program = service.binary, ""
    elif not service.binary:
        binary, program = UWSGI, ""
    else:
        binary, program = "", f" Without a value: a uwsgi where there is {service.uwsgi.ini}, else {service.binary}."
    config = service.config
    unit = service.name
    kinds: tuple[Param, ...] = ()
    if service.kinds:
        binary = config = ""
        unit = f"swift-{service.kinds[0][0]}"
        program = " Without a value: swift- and the name of the daemon."
        kinds = (
            Param(
                name="daemon",
                summary="Daemon to run",
                text=f"Daemon to run: {', '.join(sorted(dict(service.kinds)))}.",
                required=True,
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
            summary="Configuration file",
            text="Configuration file of the service." + ("" if config else " Without a value: the daemon's own."),
            default=config,
        ),
        Param(
            name="user",
            summary="Account of the daemon",
            text="Account that the daemon runs as.",
            default=service.user,
        ),
        Param(
            name="pid",
            summary="Process id file",
            text=(
                "File that holds the process id of the daemon. Without a value: the resource's name with .pid, in"
                " /run/resource-agents. A process is believed to be the daemon only if it runs the service's program"
                " with its configuration, whatever this file says."
            ),
            unique=True,
        ),
        Param(
            name="additional_parameters",
            summary="Additional arguments",
            text="More arguments for the daemon, split into words as a shell would; no shell ever sees them.",
        ),
        Param(
            name="unit",
            summary="systemd unit",
            text=(
                f"Manage the daemon through this systemd unit ({unit}.service, apache2.service) instead of"
                " running the program: for a service that lives in a web server, or that the distribution's unit must"
                " start. What the unit says about program, account and arguments then counts, and binary, user, pid and"
                " additional_parameters have no effect. While the cluster runs the unit, its Restart= is switched off."
            ),
            default=service.unit,
            # A web server serves more than one.
            unique=not service.unit,
        ),
    )
