"""What the agent asks systemd: start, stop and show a unit, find the unit of a process, list units of the boot."""

from __future__ import annotations

from .. import errors, patience
from ..context import Context

SYSTEMCTL = "/usr/bin/systemctl"
RUN = "/run/systemd/system"  # exists if systemd runs the host: sd_booted(3)
_ADMIN_UNITS = "/etc/systemd/system"
_INIT_SCRIPTS = "/run/systemd/generator.late"
SLICE = "/system.slice"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.\\@-"
_UNITS = (_ADMIN_UNITS, RUN, "/usr/lib/systemd/system", "/lib/systemd/system",
          "/run/systemd/generator", "/run/systemd/generator.early", _INIT_SCRIPTS,
          "/run/systemd/transient")  # fmt: skip


def runs_here(context: Context) -> bool:
    """Does systemd run this host?"""
    return context.host.files.is_directory(RUN)


def is_name(name: str) -> bool:
    """May a unit have this name?  The agent makes paths of it, so ".." must not be one.  Source: systemd.unit(5)."""
    return 0 < len(name) < 256 and name[0] not in "-." and all(letter in _LETTERS for letter in name)


def has(context: Context, name: str) -> bool:
    """Is there a unit of this name, or a template for it?"""
    prefix, at, instance = name.partition("@")
    names = (name, f"{prefix}@.{instance.rpartition('.')[2]}") if at else (name,)
    return any(context.host.files.is_file(f"{directory}/{one}") for directory in _UNITS for one in names)


def group(context: Context, name: str) -> str:
    """The control group of a unit in the usual slice, whether it exists or not.  Source: systemd.slice(5)."""
    if "@" not in name:
        return f"{SLICE}/{name}"
    # All instances of a template have a slice of their own.
    template = name.partition("@")[0].replace("-", "\\x2d")
    return f"{SLICE}/system-{template}.slice/{name}"


def show(context: Context, name: str) -> dict[str, str]:
    """What systemd says about a unit: LoadState, ActiveState, MainPID and so on.  Raises AgentError."""
    wanted = ("LoadState", "ActiveState", "Result", "ExecMainStatus", "MainPID", "ControlGroup", "InvocationID")
    return dict(properties(context, name, wanted))


def properties(context: Context, name: str, wanted: tuple[str, ...]) -> list[tuple[str, str]]:
    """(property, value) of a unit, as ``systemctl show`` prints it; some properties come twice.  Raises AgentError."""
    text = _systemctl(context, "show", f"--property={','.join(wanted)}", name, seconds=answers(context))
    pairs = [line.partition("=") for line in text.splitlines()]
    return [(found, value) for found, equals, value in pairs if equals and found in wanted]


def start(context: Context, name: str) -> None:
    """Start a unit.  Raises AgentError."""
    if show(context, name).get("ActiveState") == "failed":
        # systemd does not start a unit again that has failed several times within seconds (StartLimitBurst).
        _systemctl(context, "reset-failed", name, seconds=answers(context))
    _systemctl(context, "start", name)


def stop(context: Context, name: str, seconds: float) -> None:
    """Stop a unit within *seconds*.  Raises AgentError."""
    context.log.info(f"stopping {name}")
    _systemctl(context, "stop", name, seconds=seconds)


def reload(context: Context, seconds: float) -> None:
    """Let systemd read all unit files again within *seconds*.  Raises AgentError."""
    _systemctl(context, "daemon-reload", seconds=seconds)


def end_attempts(context: Context, wanted: list[str]) -> None:
    """Stop those of the units that systemd is starting, or will start again soon (Restart=), though nothing runs.

    A systemd that does not answer is no reason to fail: it starts nothing either.
    """
    known = [name for name in dict.fromkeys(wanted) if has(context, name)] if runs_here(context) else []
    for name in known:
        try:
            if show(context, name).get("ActiveState") == "activating":
                stop(context, name, answers(context))
        except errors.AgentError as problem:
            context.log.warn(str(problem))
            return


def owner(context: Context, pid: int) -> str:
    """The unit whose main process is *pid*; "" if there is none.  Raises AgentError.

    A daemon that an agent launched lives in a scope, or in Pacemaker's own unit.
    For such a daemon the answer is "", and systemd is not asked.
    """
    groups = context.host.groups
    group = groups.of(pid)
    name = group.rpartition("/")[2]
    if not name.endswith(".service") or group == groups.of(context.host.itself.pid()):
        return ""
    return name if show(context, name).get("MainPID") == str(pid) else ""


def names(context: Context) -> list[str]:
    """The names of the distributions' units that run this service."""
    service = context.service
    own = (service.program_of.format(daemon=context.which),) if service.daemons else (service.name, *service.units)
    return [f"{prefix}{unit}.service" for unit in own for prefix in ("", "openstack-")]


def enabled(context: Context, wanted: list[str]) -> str:
    """A unit of *wanted* that systemd would start at boot, outside the cluster; "" if there is none.

    systemctl(1), enable: it makes links in the .wants and .requires directories of /etc/systemd/system.
    systemd-sysv-generator(8) makes them for init scripts, at each boot.  "systemctl disable" ends both.
    """
    for place in (_ADMIN_UNITS, _INIT_SCRIPTS):
        for directory in context.host.files.names(place):
            if directory.endswith((".wants", ".requires")):
                links = context.host.files.names(f"{place}/{directory}")
                for name in wanted:
                    if name in links:
                        return name
    return ""


def answers(context: Context) -> float:
    """How many seconds systemd gets for a short answer."""
    return min(patience.SYSTEMD_ANSWERS, context.left() / 4)


def _systemctl(context: Context, *words: str, seconds: float = 1e6) -> str:
    asked = f"systemctl {' '.join(word for word in words if not word.startswith('--property='))}"
    bound = min(seconds, context.left())
    try:
        code, text = context.host.programs.ask([SYSTEMCTL, *words], bound)
    except TimeoutError:
        raise errors.AgentError(f"{asked} did not end in {bound:.0f} s") from None
    except OSError as problem:
        raise errors.AgentError(f"{asked}: {problem.strerror or problem}") from None
    if code != 0:
        raise errors.AgentError(f"{asked}: {context.log.masked(text) or f'exit status {code}'}")
    return text
