"""A witness of the processes of a host, from /proc alone: it uses nothing of ``ocf_lib``, and believes no agent.

The witness writes down the family of a daemon while the daemon lives: its
control group, its session and its descendants.  After a stop the witness looks
for each of them again, whatever its title is by then.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

# What Neutron's agents start for the tenants.  It outlives the agents, and has to.
TENANTS = ("dnsmasq", "haproxy", "keepalived", "radvd", "neutron-keepal")
_PACEMAKER = "/pacemaker.service"
_PACEMAKERS_OWN = ("pacemakerd", "pacemaker-")


class Process(NamedTuple):
    """One living process, as the kernel describes it."""

    pid: int
    start: int
    parent: int
    session: int
    state: str
    uid: int
    group: str  # its control group
    name: str
    command: str

    @property
    def key(self) -> tuple[int, int]:
        """Pid and start time together never name another process."""
        return self.pid, self.start

    def __str__(self) -> str:
        return f"pid {self.pid} of uid {self.uid} ({self.command[:100].strip() or self.name}) in {self.group}"


Seen = dict[int, Process]


class Family(NamedTuple):
    """A daemon's main process, and whatever belonged to it when the witness looked."""

    main: Process
    members: frozenset[Process]
    group: str  # the daemon's own control group; "" if others live there, too
    session: int  # the daemon's own session; 0 if others live there, too


def look(proc: Path = Path("/proc")) -> Seen:
    """Every living process that *proc* shows; a zombie does not live."""
    found = (_read(entry) for entry in proc.iterdir() if entry.name.isdecimal())
    return {process.pid: process for process in found if process is not None}


def _read(entry: Path) -> Process | None:
    try:
        stat = (entry / "stat").read_text(errors="replace")
        groups = (entry / "cgroup").read_text().splitlines()
        command = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        uid = int((entry / "status").read_text(errors="replace").partition("\nUid:")[2].split()[0])
    except (OSError, IndexError):
        return None
    opened, closed = stat.index("("), stat.rindex(")")
    state, parent, _group, session, *more = stat[closed + 2 :].split()
    if state in "ZX":
        return None
    # A hybrid host has two hierarchies; systemd may use only one of them.
    own = [line.split(":", 2)[2] for line in groups if line.split(":", 2)[1] in ("name=systemd", "")]
    return Process(
        pid=int(entry.name), start=int(more[15]), parent=int(parent), session=int(session), state=state, uid=uid,
        group=max(own, key=len, default=""), name=stat[opened + 1 : closed], command=command,
    )  # fmt: skip


def family(seen: Seen, main: Process) -> Family:
    """Whatever shares the control group or the session of *main*, and all their descendants."""
    own = main.group.rpartition("/")[2]
    group = main.group if own.endswith((".scope", ".service")) and own not in (_PACEMAKER[1:], "init.scope") else ""
    session = main.pid if main.session == main.pid else 0
    members = {
        pid
        for pid, process in seen.items()
        if pid == main.pid or (group and process.group == group) or (session and process.session == session)
    }
    return Family(main, frozenset(seen[pid] for pid in members | descendants(seen, members)), group, session)


def descendants(seen: Seen, ancestors: set[int]) -> set[int]:
    """All children of *ancestors*, their children, and so on."""
    found: set[int] = set()
    grown = ancestors
    while grown:
        grown = {pid for pid, process in seen.items() if process.parent in grown} - found - ancestors
        found |= grown
    return found


def left(seen: Seen, before: Family, successor: Process | None = None) -> list[Process]:
    """What is still alive of a family: its members, and whoever lives in its control group or session by now.

    A unit's control group may have a *successor* by now: what is not older than this main process is not left over.
    """
    keys = {member.key for member in before.members}
    leads = seen.get(before.session)
    # The kernel gives the number of a session to another process once the session is empty.
    session = before.session if leads is None or leads.key == before.main.key else 0
    return [
        process
        for process in seen.values()
        if process.key in keys
        or (before.group and process.group == before.group and (successor is None or process.start < successor.start))
        or (session and process.session == session)
    ]


def orphans(seen: Seen, before: Family, successor: Process | None = None) -> list[Process]:
    """The same without what serves the tenants."""
    return [process for process in left(seen, before, successor) if not process.name.startswith(TENANTS)]


def pacemakers(seen: Seen) -> list[Process]:
    """Pacemaker's own processes."""
    return [process for process in seen.values() if process.name.startswith(_PACEMAKERS_OWN)]


def with_pacemaker(seen: Seen) -> list[Process]:
    """Who lives in Pacemaker's control group, without Pacemaker itself and the agents that Pacemaker runs now."""
    own = {process.pid for process in pacemakers(seen)}
    own |= descendants(seen, own)
    return [process for pid, process in seen.items() if process.group.endswith(_PACEMAKER) and pid not in own]
