"""A search for all processes of the daemon, which tells them from those of others.

By construction: the launch record, the control group and the session of what an
agent launched.  By looks: what others have started.
"""

from __future__ import annotations

from ..context import Context
from . import launched, scope, systemd
from .launched import Launched
from .looks import Looks
from .others import Others
from .pid_file import PidFile
from .process import Found, Process, read


class Search:
    """One look at all processes of the host."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._host = context.host
        self._looks = Looks(context)
        self._others = Others(context)
        pids = self._host.processes.pids()
        self._all = {pid: seen for pid in pids if (seen := read(self._host, pid)) is not None}
        known = launched.record(context)
        self._launches = [*([known] if known else []), *scope.every(context)]
        self._believed = PidFile(context).pid()

    def found(self) -> Found:
        alike = self._alike()
        born = self._born()
        ours = alike | born
        if self._context.service.leaves_running:
            # A network agent starts processes for the tenants.  They are no part of the daemon, and keep running.
            leaders = {one.pid for one in self._launches if self._lives(one)}
            ours = alike | {pid for pid in born if pid in leaders or self._looks.is_the_agents(self._all[pid])}
        else:
            # Every descendant of the daemon's processes is part of the daemon, whatever program it runs.
            grown = ours
            while grown:
                grown = {pid for pid, process in self._all.items() if process.parent in ours} - ours
                ours = ours | grown
        family = [self._all[pid] for pid in sorted(ours)]
        leader = self._leader(family, alike)
        return Found(leader=leader, parts=tuple(process for process in family if process is not leader))

    def _born(self) -> set[int]:
        """The processes that belong to the daemon by construction, whatever they look like."""
        ours: set[int] = set()
        for one in self._launches:
            if self._lives(one):
                ours.add(one.pid)
            for group in one.groups:
                ours |= self._all.keys() & self._host.groups.members(group)
            if one.session and (one.session not in self._all or self._all[one.session].start == one.start):
                # The kernel does not give the number of a session to another process while the session has members.
                ours |= {
                    pid
                    for pid, process in self._all.items()
                    if process.session == one.session
                    and process.start >= one.start
                    and not self._others.by_construction(process)
                }
        return ours

    def _alike(self) -> set[int]:
        """The processes that look like the daemon, or that a unit of the distribution runs."""
        looks, processes, own = self._looks, self._host.processes, launched.mark(self._context)
        alone = self._context.service.leaves_running
        ours: set[int] = set()
        for pid, process in self._all.items():
            if looks.fits(process) and not self._is_a_strangers(process):
                # Without an account there is no proof but a mark or the pid file: a container has such processes, too.
                if looks.account or pid == self._believed or processes.mark(pid) == own:
                    ours.add(pid)
            elif (
                not alone
                and looks.account
                and processes.owner(pid) == looks.account[0]
                and processes.mark(pid) == own
                and processes.is_here(pid)
            ):
                ours.add(pid)
        if looks.is_usual and looks.account:
            for name in systemd.names(self._context):
                members = self._host.groups.members(systemd.group(self._context, name))
                ours |= {
                    pid
                    for pid in members
                    if pid in self._all and processes.is_here(pid) and (not alone or looks.is_helper(pid))
                }
        return {pid for pid in ours if not self._others.resource(self._all[pid])}

    def _is_a_strangers(self, process: Process) -> bool:
        """Is *process* the child of a living daemon that runs the program with another configuration?

        The title of a child process may name no configuration, as "nova-conductor: ServiceWrapper worker(0)".
        """
        parent = self._all.get(process.parent)
        return parent is not None and self._looks.fits(parent, whole=False) and not self._looks.fits(parent)

    def _lives(self, one: Launched) -> bool:
        return one.pid in self._all and self._all[one.pid].start == one.start

    def _leader(self, family: list[Process], alike: set[int]) -> Process | None:
        """The leader: the one that was launched, else one that leads a session, has children, or has a parent.

        A child whose parent was killed leads no session, has no children, and
        init is its parent.  If only such processes are left, the daemon has no
        leader: it is dead.  What su(1) has started leads no session either.
        """
        for one in self._launches:
            if self._lives(one):
                return self._all[one.pid]
        parents = {process.parent for process in family}
        members = {process.pid for process in family}
        leaders = [
            process
            for process in family
            if process.pid in alike
            and process.parent not in members
            and (process.session == process.pid or process.pid in parents or process.parent != 1)
        ]
        for process in family:
            if process.pid == self._believed and process.pid in alike and (process in leaders or not leaders):
                return process
        return leaders[0] if leaders else None
