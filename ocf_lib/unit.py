"""A daemon that systemd runs for us (the ``unit`` parameter).

The unit's control group says which processes are the service's.  As Pacemaker
does for its own ``systemd:`` resources, a drop-in keeps systemd from restarting
the unit behind the cluster's back for as long as the cluster runs it.
"""

from __future__ import annotations

from . import errors, process
from .context import Context
from .host import Host

SYSTEMCTL = "/usr/bin/systemctl"
_RUN = "/run/systemd/system"  # there wherever systemd runs the host: sd_booted(3)
DROP_IN = """\
# Written by the resource agent that runs this unit for the cluster; gone after its stop.
[Unit]
Description=Cluster controlled {unit}
Before=pacemaker.service pacemaker_remote.service

[Service]
Restart=no
"""
_ADMIN_UNITS = "/etc/systemd/system"
_UNITS = (_ADMIN_UNITS, "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_RED_HAT = "httpd.service"
# Where a control group shows in the file system: unified, hybrid and legacy hierarchies.
_GROUP_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")


def name(context: Context) -> str:
    """The unit's full name; of the service's own web server, that of this distribution."""
    given = context.get("unit")
    if (
        given == context.service.unit
        and not _is_there(context.host, f"{given}.service")
        and _is_there(context.host, _RED_HAT)
    ):
        return _RED_HAT
    return given if "." in given else f"{given}.service"


def _is_there(host: Host, unit: str) -> bool:
    return any(host.files.is_file(f"{directory}/{unit}") for directory in _UNITS)


def look(context: Context) -> process.Found:
    """The processes in the unit's control group; the main one is systemd's."""
    if not context.host.files.is_directory(_RUN):
        return process.Found(main=None)
    shown = show(context)
    members = []
    group = shown.get("ControlGroup", "")
    if group:
        for root in _GROUP_ROOTS:
            text = context.host.files.read(f"{root}{group}/cgroup.procs")
            if text is not None:
                members = [int(word) for word in text.split()]
                break
    main_pid = int(shown.get("MainPID") or 0)
    if main_pid and main_pid not in members:
        members.append(main_pid)
    seen = [found for pid in members if (found := process.view(context.host, pid)) is not None]
    main = next((found for found in seen if found.pid == main_pid), None)
    return process.Found(main=main, parts=tuple(found for found in seen if found is not main))


everything = look


def show(context: Context) -> dict[str, str]:
    """What systemd knows of the unit."""
    properties = "LoadState,ActiveState,MainPID,ControlGroup,User"
    text = _systemctl(context, "show", f"--property={properties}", name(context))
    return dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)


def start(context: Context) -> None:
    """Have systemd start the unit, and not restart it."""
    if show(context).get("LoadState") != "loaded":
        raise errors.NotInstalled(f"unit: systemd has no usable unit {name(context)}")
    context.host.files.write(_drop_in(context), DROP_IN.format(unit=name(context)), 0o644)
    _systemctl(context, "daemon-reload")
    _systemctl(context, "start", name(context))


def stop(context: Context, unit: str, seconds: float) -> None:
    """Have systemd stop *unit* within *seconds*."""
    _systemctl(context, "stop", unit, seconds=seconds)


def release(context: Context) -> None:
    """Give the unit, once it is down, its own restart policy back."""
    if context.host.files.is_file(_drop_in(context)):
        context.host.files.remove(_drop_in(context))
        _systemctl(context, "daemon-reload")


def runs(context: Context, main: process.Process) -> str:
    """The unit whose main process *main* is, "" if it is none's: the daemon that a unit had started was adopted.

    systemd would start it anew after a signal (Restart=), so it has to be
    asked to stop it.  What the cluster launches lives in Pacemaker's own unit.
    """
    group = context.host.processes.control_group(main.pid)
    unit = group.rpartition("/")[2]
    if not unit.endswith(".service") or group == context.host.processes.control_group(context.host.itself.pid()):
        return ""
    shown = _systemctl(context, "show", "--property=MainPID", "--value", unit)
    return unit if shown.strip() == str(main.pid) else ""


def enabled(context: Context) -> str:
    """The distribution's unit that would start this service at boot, outside the cluster; "" if none would.

    systemctl(1), enable: links in the .wants and .requires directories of /etc/systemd/system.
    """
    service = context.service
    own = (f"swift-{context.kind}",) if service.kinds else (service.name, *service.units)
    names = [name(context)] if context.get("unit") else []
    names += [f"{prefix}{unit}.service" for unit in own for prefix in ("", "openstack-")]
    for directory in context.host.files.names(_ADMIN_UNITS):
        if directory.endswith((".wants", ".requires")):
            links = context.host.files.names(f"{_ADMIN_UNITS}/{directory}")
            for unit in names:
                if unit in links:
                    return unit
    return ""


def _drop_in(context: Context) -> str:
    return f"{_RUN}/{name(context)}.d/50-openstack-resource-agents.conf"


def _systemctl(context: Context, *words: str, seconds: float = 1e6) -> str:
    try:
        code, text = context.host.programs.ask([SYSTEMCTL, *words], min(seconds, context.left()))
    except OSError as problem:
        raise errors.AgentError(f"systemctl {' '.join(words)}: {problem.strerror or problem}") from None
    if code != 0:
        raise errors.AgentError(f"systemctl {' '.join(words)}: {text.strip() or f'exit status {code}'}")
    return text
