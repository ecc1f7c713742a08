"""What systemd knows, and what it is asked to do: units, by name."""

from __future__ import annotations

from .. import errors
from ..context import Context

SYSTEMCTL = "/usr/bin/systemctl"
RUN = "/run/systemd/system"  # there if systemd runs the host: sd_booted(3)
_ADMIN_UNITS = "/etc/systemd/system"
_UNITS = (_ADMIN_UNITS, RUN, "/usr/lib/systemd/system", "/lib/systemd/system")


def runs_here(context: Context) -> bool:
    """Does systemd run this host?"""
    return context.host.files.is_directory(RUN)


def has(context: Context, name: str) -> bool:
    """Is there a unit of this name?"""
    return any(context.host.files.is_file(f"{directory}/{name}") for directory in _UNITS)


def show(context: Context, name: str) -> dict[str, str]:
    """What systemd knows of a unit.  Raises AgentError."""
    text = _systemctl(context, "show", "--property=LoadState,MainPID,ControlGroup", name)
    return dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)


def start(context: Context, name: str) -> None:
    """Start a unit.  Raises AgentError."""
    _systemctl(context, "start", name)


def stop(context: Context, name: str, seconds: float) -> None:
    """Stop a unit within *seconds*.  Raises AgentError."""
    context.log.info(f"stopping {name}")
    _systemctl(context, "stop", name, seconds=seconds)


def reload(context: Context) -> None:
    """Have systemd read its units anew.  Raises AgentError."""
    _systemctl(context, "daemon-reload")


def owner(context: Context, pid: int) -> str:
    """The unit whose main process *pid* is, "" if it is none's.

    What the cluster launches lives in Pacemaker's own unit, and is never asked for.
    """
    processes = context.host.processes
    group = processes.control_group(pid)
    name = group.rpartition("/")[2]
    if not name.endswith(".service") or group == processes.control_group(context.host.itself.pid()):
        return ""
    return name if show(context, name).get("MainPID") == str(pid) else ""


def names(context: Context) -> list[str]:
    """The distributions' units that run this service."""
    service = context.service
    own = (service.program_of.format(daemon=context.which),) if service.daemons else (service.name, *service.units)
    return [f"{prefix}{unit}.service" for unit in own for prefix in ("", "openstack-")]


def enabled(context: Context, wanted: list[str]) -> str:
    """The first of the *wanted* units that systemd would start at boot, outside the cluster; "" if there is none.

    systemctl(1), enable: links in the .wants and .requires directories of /etc/systemd/system.
    """
    for directory in context.host.files.names(_ADMIN_UNITS):
        if directory.endswith((".wants", ".requires")):
            links = context.host.files.names(f"{_ADMIN_UNITS}/{directory}")
            for name in wanted:
                if name in links:
                    return name
    return ""


def _systemctl(context: Context, *words: str, seconds: float = 1e6) -> str:
    try:
        code, text = context.host.programs.ask([SYSTEMCTL, *words], min(seconds, context.left()))
    except OSError as problem:
        raise errors.AgentError(f"systemctl {' '.join(words)}: {problem.strerror or problem}") from None
    if code != 0:
        raise errors.AgentError(f"systemctl {' '.join(words)}: {context.log.masked(text) or f'exit status {code}'}")
    return text
