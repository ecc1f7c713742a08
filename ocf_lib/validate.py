"""validate-all: do the parameters make sense, and does this host fit them?"""

from __future__ import annotations

from . import auth, codes, daemon, errors, settings
from .address import EVERY_ADDRESS, parse_url
from .context import Context
from .finder import finder


def validate_all(context: Context) -> codes.ExitCode:
    """Level 0: the parameters alone, as any node of the cluster may be asked.  Level 10: this host as well.

    Silent when all is well: pcs shows whatever is printed as a warning.
    """
    syntax(context)
    if auth.wanted(context):
        lacking = auth.trouble(context)
        if lacking:
            raise errors.BadParameter(f"the monitoring credentials are incomplete: {lacking}")
    if context.depth >= 10:
        if not context.get("unit"):
            host_fits(context)
        if finder(context).look(context).main is None:
            try:
                port_free(context)
            except errors.AgentError as problem:
                raise errors.WrongHere(str(problem)) from None
        rival = boot_rival(context)
        if rival:
            raise errors.WrongHere(rival)
    return codes.SUCCESS


def boot_rival(context: Context) -> str:
    """What is wrong if a unit starts the service at boot, and the command that cures it; else ""."""
    from . import unit

    name = unit.enabled(context)
    return f"{name} would start this at boot, outside the cluster: systemctl disable {name}" if name else ""


def syntax(context: Context) -> None:
    """Raise BadParameter if a parameter is inherently wrong."""
    for param in context.service.params:
        value = param.parse(context.given.get(param.name, ""))
        if isinstance(value, str) and not value.isprintable():
            raise errors.BadParameter(f"{param.name}: holds characters that cannot be printed")
        if param.argument == "--config-file" and value and not str(value).startswith("/"):
            raise errors.BadParameter(f"{param.name}: {value!r} is not an absolute path")
    kinds = dict(context.service.kinds)
    if kinds and context.kind not in kinds:
        raise errors.BadParameter(f"daemon: there is no {context.get('daemon')!r}, but {', '.join(sorted(kinds))}")
    for name in ("config", "pid", "os_password_file", "os_cacert", "trace_file"):
        value = context.get(name) if context.has(name) else ""
        if value and not value.startswith("/"):
            raise errors.BadParameter(f"{name}: {value!r} is not an absolute path")
    for name in ("url", "os_auth_url", "keystone_get_token_url"):
        if context.has(name) and context.get(name):
            parse_url(name, context.get(name))
    daemon.more_words(context)


def host_fits(context: Context) -> None:
    """Raise NotInstalled or NotPermitted if the daemon cannot run on this host.

    A uwsgi whose application cannot read its configuration never exits and
    answers 500 for ever; better to say so before.
    """
    user = context.get("user")
    account(context)
    daemon.argv(context)
    files = {"config": context.config}
    files.update({name: path for name, path in settings.arguments(context) if name == "--config-file"})
    if daemon.is_uwsgi(context):
        files["uwsgi ini"] = context.service.uwsgi.ini
    for name, path in files.items():
        if not context.host.files.is_file(path):
            raise errors.NotInstalled(f"{name}: there is no file {path} on this host")
        why = context.host.files.refusal(path, user)
        if why:
            raise errors.NotPermitted(f"{name}: {path}: {why} to user {user}")


def account(context: Context) -> tuple[int, int, str]:
    """(uid, gid, home) of the account the daemon runs as.  Raises NotInstalled if there is none."""
    found = context.host.processes.account(context.get("user"))
    if found is None:
        raise errors.NotInstalled(f"user: there is no account {context.get('user')} on this host")
    return found


def port_free(context: Context) -> None:
    """Raise AgentError if a stranger serves the port, naming it.

    Debian starts units at boot, and SO_REUSEPORT lets a second server of some
    services start silently beside the first.
    """
    if not context.service.api.port:
        return
    wanted = daemon.listens(context)
    try:
        servers = context.host.network.servers(wanted.port)
    except ImportError:
        context.log.debug("python3-psutil is not installed: nobody looked who serves the port")
        return
    ours = {process.pid for process in finder(context).everything(context).all}
    for pid, address in servers:
        overlaps = wanted.server in (*EVERY_ADDRESS, address) or address in EVERY_ADDRESS
        if overlaps and pid not in ours:
            program = context.host.processes.command(pid).partition("\0")[0] or "unknown program"
            who = f"pid {pid} ({program})" if pid else "a process of another user"
            raise errors.AgentError(f"{context.service.name}: port {wanted.port} is already served by {who}")
