"""validate-all: are the parameters valid, and can this host run the daemon with them?"""

from __future__ import annotations

from .. import checks, codes, daemon, described, errors, log_file
from ..address import EVERY_ADDRESS
from ..cloud import credentials
from ..context import Context
from ..daemon import command, pid_file, systemd
from ..settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon


def validate_all(context: Context) -> codes.ExitCode:
    """Check the parameters.  At level 10, check this host, too.

    At level 0 only the parameters count, because any node of the cluster may be
    asked.  Prints nothing if all is well: pcs shows every text as a warning.
    """
    syntax(context)
    mistake = context.mistake()
    if mistake:
        raise errors.BadParameter(mistake)
    if checks.can_sign_in(context.service) and credentials.are_given(context):
        lacking = credentials.missing(context)
        if lacking:
            raise errors.BadParameter(f"the monitoring credentials are incomplete: {lacking}")
    _own_files(context)
    if context.depth >= 10:
        ours = daemon.of(context)
        ours.fits()
        if ours.find().leader is None:
            try:
                place_free(ours)
            except errors.AgentError as problem:
                raise errors.WrongHere(str(problem)) from None
        trouble = boot_rival(ours)
        if not trouble and context.has("hold") and context.flag("hold"):
            from . import hold

            trouble = hold.misfit(ours)
        if trouble:
            raise errors.WrongHere(trouble)
    return codes.SUCCESS


def _own_files(context: Context) -> None:
    """Raise WrongHere if the pid file or the trace would take the place of something else."""
    trouble = "" if context.get("unit") else pid_file.PidFile(context).refusal()
    if trouble:
        raise errors.WrongHere(trouble)
    log_file.check_trace(context)


def boot_rival(ours: Daemon) -> str:
    """If systemd would start the service at boot: what is wrong, and the command that cures it.  Else ""."""
    name = systemd.enabled(ours.context, ours.boot_names)
    return f"{name} would start this at boot, outside the cluster: systemctl disable {name}" if name else ""


def syntax(context: Context) -> None:
    """Raise BadParameter if a value that says what to start is wrong on every host."""
    required(context)
    for param in context.declared:
        if not param.monitoring:
            param.parse(context.given.get(param.name, ""))
    command.more_words(context)
    command.more_variables(context)


def required(context: Context) -> None:
    """Raise BadParameter if the parameters do not say what to start."""
    for param in context.declared:
        if param.required and not context.get(param.name):
            raise errors.BadParameter(f"{param.name}: a value is required")
    if context.service.described:
        described.required(context)
    uwsgi, usual = context.service.uwsgi, context.service.config
    another = context.config != usual and not context.get("unit")
    if another and not uwsgi.takes_config and command.Command(context, Settings(context)).is_uwsgi:
        raise errors.BadParameter(f"config: under a uwsgi, the daemon reads {usual} and no other file")
    if context.get("unit") and not systemd.is_name(context.get("unit")):
        raise errors.BadParameter(f"unit: {context.get('unit')!r} is not the name of a unit")
    daemons = dict(context.service.daemons)
    if daemons and context.which not in daemons:
        raise errors.BadParameter(f"daemon: there is no {context.which!r}; choose one of {', '.join(sorted(daemons))}")


def place_free(ours: Daemon) -> None:
    """Raise AgentError, with the pid, if another program serves the daemon's port, or does a worker's work.

    Two workers are worse than none: both would write to the same volumes.
    """
    api = ours.service.api
    if api.port:
        _port_free(ours)
    if (not api.port or ours.service.described) and (second := ours.second()):
        raise errors.AgentError(second)


def _port_free(ours: Daemon) -> None:
    """Raise AgentError, with the pid, if another program serves the very address that the daemon will bind.

    Debian starts units at boot.  With SO_REUSEPORT, a second server of some
    services starts beside the first without an error.  Where a web server
    binds, only its own configuration says.  It may be another address than that
    of HAProxy, and if it is the same, the unit itself ends with an exact error.
    A port that the operator chose may be a mistake, which stops no service.
    """
    context, wanted = ours.context, ours.listens
    own = {process.pid for process in ours.find_all().all}
    for pid, address in context.host.network.servers(wanted.port):
        overlaps = wanted.server in (*EVERY_ADDRESS, address) or address in EVERY_ADDRESS
        if overlaps and pid not in own:
            program = context.host.processes.command(pid).partition("\0")[0] or "unknown program"
            who = f"pid {pid} ({context.log.masked(program)})" if pid else "an unknown process"
            problem = f"port {wanted.port} is already served by {who}"
            if not (context.get("unit") or ours.service.described):
                raise errors.AgentError(problem)
            context.log.warn(f"{problem} at {address}")
