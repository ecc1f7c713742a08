"""What the distribution's unit would give the daemon: variables, limits, directories, what its service script reads.

A drop-in of the operator counts, because systemd is asked and no unit file is
read.  Nothing here makes a start fail: without an answer the daemon gets the
limits of Debian's units.
"""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..record import Record
from . import assignments, script, systemd
from .script import Script

INFINITY = -1
"""No limit: RLIM_INFINITY of getrlimit(2)."""
DEBIAN = {"NOFILE": (65535, 65535)}
"""The limits of every unit of OpenStack in Debian."""
# All limits of systemd, except LOCKS: no kernel since Linux 2.4 looks at it, and Python does not know it.
_LIMITS = ("AS", "CORE", "CPU", "DATA", "FSIZE", "MEMLOCK", "MSGQUEUE", "NICE", "NOFILE", "NPROC", "RSS", "RTPRIO",
           "RTTIME", "SIGPENDING", "STACK")  # fmt: skip
_DEFAULT_NOFILE = 1024  # DefaultLimitNOFILE= of systemd-system.conf(5)
_PROPERTIES = ("LoadState", "Environment", "EnvironmentFiles", "ExecStart", "RuntimeDirectory", "RuntimeDirectoryMode",
               *(f"Limit{limit}{kind}" for limit in _LIMITS for kind in ("", "Soft")))  # fmt: skip


class Surroundings(Record):
    """What a daemon gets beside its command line."""

    environment: dict[str, str]
    limits: dict[str, tuple[int, int]]  # {name in systemd, without "Limit": (soft, hard)}, in the units of getrlimit(2)
    script: Script = script.NOTHING
    directories: tuple[tuple[str, int], ...] = ()  # below /run, which is empty after a boot; each with its mode


def of_unit(context: Context) -> Surroundings:
    """What the distribution's unit of the service would give its daemon on this host."""
    name = next((name for name in systemd.names(context) if systemd.has(context, name)), "")
    if not name or not systemd.runs_here(context):
        context.log.debug("systemd has no unit of this service: the daemon gets the limits of Debian's units")
        return Surroundings(environment={}, limits=DEBIAN)
    try:
        shown = systemd.properties(context, name, _PROPERTIES)
    except errors.AgentError as problem:
        context.log.warn(f"{problem}; so the daemon gets no limits and variables of {name}")
        return Surroundings(environment={}, limits=DEBIAN)
    values = dict(shown)
    if values.get("LoadState") != "loaded":
        # systemctl mask hides the whole unit, and the agent advises only to disable it.
        state = values.get("LoadState") or "unknown"
        context.log.warn(f"{name} is {state} in systemd, so the daemon gets no limits and variables of it")
        return Surroundings(environment={}, limits=DEBIAN)
    variables = assignments.of_property(values.get("Environment", ""))
    for property_, text in shown:
        if property_ == "EnvironmentFiles":
            variables.update(_of_files(context, text))
    context.log.debug(f"{name} gives the daemon these variables: {', '.join(sorted(variables)) or 'none'}")
    _, place, program = values.get("ExecStart", "").partition(f"path={script.PLACE}")
    found = script.read(context, program.partition(" ")[0]) if place else script.NOTHING
    return Surroundings(
        environment={**variables, **found.environment},
        limits=_limits(values) or DEBIAN,
        script=found,
        directories=_directories(values),
    )


def _directories(values: dict[str, str]) -> tuple[tuple[str, int], ...]:
    """The directories among these properties.  Since systemd 250, a name may be followed by ":" and a link to it."""
    mode = int(values.get("RuntimeDirectoryMode") or "0755", 8)
    names = [word.partition(":")[0] for word in values.get("RuntimeDirectory", "").split()]
    return tuple((f"/run/{name}", mode) for name in names)


def _limits(values: dict[str, str]) -> dict[str, tuple[int, int]]:
    """The limits among these properties.  systemctl prints bytes, seconds, and microseconds, as getrlimit(2) counts."""
    found = {}
    for limit in _LIMITS:
        hard = values.get(f"Limit{limit}", "")
        soft = values.get(f"Limit{limit}Soft", hard)
        if all(text == "infinity" or text.isdecimal() for text in (soft, hard)):
            found[limit] = (_number(soft), _number(hard))
    if found.get("NOFILE", (0, 0))[0] == _DEFAULT_NOFILE:
        # The unit says nothing, and systemd shows its default.  An API with some hundred clients needs more.
        found.update(DEBIAN)
    return found


def _number(text: str) -> int:
    return INFINITY if text == "infinity" else int(text)


def _of_files(context: Context, text: str) -> dict[str, str]:
    """The variables of one EnvironmentFile=, as systemctl prints it: "/etc/sysconfig/x (ignore_errors=yes)"."""
    wanted, _, may_lack = text.rpartition(" (ignore_errors=")
    files, found = context.host.files, {}
    paths = [wanted]
    if any(char in wanted for char in "*?["):
        import fnmatch  # 2 ms, and only a start comes here

        directory = wanted.rpartition("/")[0]
        paths = sorted(fnmatch.filter([f"{directory}/{name}" for name in files.names(directory)], wanted))
    for path in paths:
        try:
            inside, why = files.read(path), "there is no such file"
        except OSError as problem:
            inside, why = None, str(problem.strerror)
        if inside is not None:
            found.update(assignments.of_file(inside))
        elif not may_lack.startswith("yes"):
            context.log.warn(f"EnvironmentFile {path} of the unit: {why}")
    return found
