"""Which processes are the daemon, and which belong to somebody else.

A process is the daemon if all of this is true: it runs the service's program
with the service's configuration; it runs as the service's account or root; it
runs on this host, not in a container.  A pid file is a hint and never a proof.
On a busy controller the kernel uses a pid again within minutes.
"""

from __future__ import annotations

from ..context import Context
from .process import Found, Process, read

_SEPARATORS = str.maketrans(dict.fromkeys("\0()[]=", " "))


def mark(context: Context) -> str:
    """The mark of this resource, which its processes have in their environment."""
    return f"{context.service.name}/{context.instance}"


def is_uwsgi_program(path: str) -> bool:
    """Is the program a uwsgi?  uwsgi, uwsgi-core, uwsgi_python3 and uwsgi_python311 are links to one program."""
    return path.rpartition("/")[2].startswith("uwsgi")


def find(context: Context) -> Found:
    """The daemon, as cheaply as possible: the leader of the pid file, else what a look at all processes finds."""
    leader = _believed(context)
    return Found(leader=leader) if leader else find_all(context)


def find_all(context: Context) -> Found:
    """The daemon and all its processes: children, orphans of a killed parent, children that left its group."""
    account = context.host.processes.account(context.get("user"))
    own = mark(context)
    # A network agent starts processes for the tenants.  They are no part of the daemon, and keep running without it.
    alone = bool(context.service.leaves_running)
    pids = context.host.processes.pids()
    ours: set[int] = set()
    for pid in pids:
        if _runs_service(context, pid, account):
            if context.host.processes.mark(pid) in ("", own):
                ours.add(pid)
        elif alone:
            continue
        elif (
            (account is None or context.host.processes.owner(pid) == account[0])
            and context.host.processes.mark(pid) == own
            and context.host.processes.is_here(pid)
        ):
            ours.add(pid)
    if not ours:
        return Found()
    processes = {pid: seen for pid in pids if (seen := read(context.host, pid)) is not None}
    ours &= processes.keys()
    # Every descendant of the daemon's processes is part of the daemon, whatever program it runs.
    grown = set() if alone else ours
    while grown:
        grown = {pid for pid, process in processes.items() if process.parent in ours} - ours
        ours = ours | grown
    family = [processes[pid] for pid in sorted(ours)]
    believed = _believed(context)
    leader = _leader(family, believed.pid if believed else 0)
    return Found(leader=leader, parts=tuple(process for process in family if process is not leader))


def _believed(context: Context) -> Process | None:
    """The process that the pid file names, or None if that process is not the daemon."""
    try:
        text = context.host.files.read(context.pid_file) or ""
    except OSError as problem:
        context.log.debug(f"{context.pid_file}: {problem.strerror}")
        return None
    words = text.split()
    # A pid file holds only the pid, as with the old agents.  kill(2) gives 0 and negative numbers another meaning.
    # Pid 1 is never the daemon.
    if not words or not words[0].isdecimal() or not 1 < int(words[0]) < 1 << 31:
        if text:
            context.log.debug(f"{context.pid_file} does not hold a process id")
        return None
    pid = int(words[0])
    process = read(context.host, pid)
    if process is None:
        context.log.debug(f"{context.pid_file} names pid {pid}, which is gone")
        return None
    account = context.host.processes.account(context.get("user"))
    whose = context.host.processes.mark(pid)
    if not _runs_service(context, pid, account) or whose not in ("", mark(context)):
        context.log.debug(f"{context.pid_file} names pid {pid}, which is not the daemon")
        return None
    return process


def _runs_service(context: Context, pid: int, account: tuple[int, int, str] | None) -> bool:
    """Does *pid* run the service's program with the service's configuration, as its account or root, on this host?"""
    words = _command(context.host.processes.command(pid))
    if not words or not (_is_uwsgi(context, words) or _is_program(context, words)):
        return False
    # If the account no longer exists, stop must still find the daemon.
    if account is not None and context.host.processes.owner(pid) not in (account[0], 0):
        return False
    return context.host.processes.is_here(pid)


def _command(text: str) -> list[str]:
    """The words of a command line, without the title that some daemons write before it.

    Two such titles, with the command line in brackets and blanks instead of NUL between the words:
    "neutron-server: rpc worker (/usr/bin/python3 /usr/bin/neutron-rpc-server --config-file=...)"
    "ceilometer-polling: master process [/usr/bin/ceilometer-polling --config-file=...]"
    """
    for bracket in (" (", " ["):
        title, opened, inside = text.partition(bracket)
        if opened and "\0" not in title:
            return inside.translate(_SEPARATORS).split()
    return text.translate(_SEPARATORS).split()


def _is_uwsgi(context: Context, words: list[str]) -> bool:
    """Is the command a uwsgi with the service's ini?  The ini file itself may be gone."""
    uwsgi = context.service.uwsgi
    if not uwsgi.ini or (context.binary and not is_uwsgi_program(context.binary)):
        return False
    return is_uwsgi_program(words[0]) and uwsgi.ini in words


def _is_program(context: Context, words: list[str]) -> bool:
    """Does the command run the service's program, itself or through a Python interpreter, with its configuration?"""
    name = (context.binary or context.service.binary).rpartition("/")[2]
    own = context.service.arguments if name == context.service.binary else ()
    if not name or any(word not in words for word in (context.config, *own)):
        return False
    first = words[0].rpartition("/")[2]
    return first == name or (first.startswith("python") and len(words) > 1 and words[1].rpartition("/")[2] == name)


def _leader(family: list[Process], believed: int) -> Process | None:
    """The leader: the process of the pid file, else one that leads a session or has children.

    A child whose parent was killed leads no session and has no children.  If
    only such processes are left, the daemon has no leader: it is dead.
    """
    parents = {process.parent for process in family}
    members = {process.pid for process in family}
    leaders = [
        process
        for process in family
        if process.parent not in members and (process.session == process.pid or process.pid in parents)
    ]
    for process in family:
        if process.pid == believed and (process in leaders or not leaders):
            return process
    return leaders[0] if leaders else None
