"""A daemon that systemd runs as a unit (the ``unit`` parameter): find, launch, adopt, end.

The processes in the unit's control group are the daemon.  While the cluster
runs the unit, a drop-in sets Restart=no.  So systemd does not restart the unit
without the cluster.  Pacemaker does the same for its own ``systemd:`` resources.
"""

from __future__ import annotations

from .. import errors, notes
from ..address import Address
from ..context import Context
from ..settings import Settings
from . import launched, listening, systemd
from .holders import Holders
from .launched import Launched
from .looks import Looks
from .process import Found, Process, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .unit_child import UnitChild

_RED_HAT = "httpd.service"


class Unit:
    """The daemon as a unit of systemd.  ``ocf_lib/daemon/__init__.py`` describes the members."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.service = context.service
        self.settings = Settings(context)
        self.leader: Process | None = None
        self.name = _name(context)
        self._holders = Holders(context, self.name)

    @property
    def listens(self) -> Address:
        """The socket that the daemon opens; a server of "" means every address.  Raises BadParameter."""
        if not self.context.get("url") and self.name in systemd.names(self.context):
            # The distribution's own unit runs the program as the agent would, often in a uwsgi.
            from .command import Command

            return Command(self.context, self.settings).listens()
        return listening.as_configured(self.context, self.settings)

    @property
    def address(self) -> Address:
        """Where the checks ask this instance.  Raises BadParameter."""
        return listening.asked_at(self.context, self.listens)

    @property
    def boot_names(self) -> list[str]:
        """The units with which systemd may start the service at boot."""
        return [self.name, *systemd.names(self.context)]

    def find(self) -> Found:
        """The daemon, as cheaply as possible; for a probe, nothing if other resources have the unit and this has not."""
        known = launched.record(self.context)
        self.leader = known.leader(self.context) if known else None
        if self.leader is None:
            found = self._find(known)
            if found.leader and self._asks_where_it_runs() and self._holders.others() and not self._holders.has_own():
                found = Found()
            self.leader = found.leader
            return found
        return Found(leader=self.leader)

    def find_all(self) -> Found:
        """The processes that end with this resource: none, as long as other resources have the same running unit."""
        found = self._find(launched.record(self.context))
        if found.leader and self._holders.others():
            return Found()
        return found

    def family(self) -> list[int]:
        """The leader that was found last, everything in the unit's groups, and all their descendants.

        The main process may be a client only, as with "podman start -a": the
        container is a child of conmon, and may lie in a group outside the unit's.
        """
        known = launched.record(self.context)
        return self._family(known, self.leader.pid) if self.leader else []

    def fits(self) -> None:
        """Raise NotInstalled if systemd cannot run the unit."""
        if systemd.show(self.context, self.name).get("LoadState") != "loaded":
            raise errors.NotInstalled(f"unit: systemd has no usable unit {self.name}")

    def second(self) -> str:
        """Who else does the work of the daemon, outside the unit, for a reason; "" if nobody does."""
        from . import others

        return others.second(self.context, self._find(launched.record(self.context)))

    def launch(self) -> UnitChild:
        """Write the drop-in, and let systemd start the unit.  Raises AgentError."""
        from .unit_child import UnitChild

        self._holders.enter(self.context.left() / 2)
        child = UnitChild(self.context, self.name)
        try:
            systemd.start(self.context, self.name)
        except errors.AgentError as problem:
            raise child.why(problem) from None
        self.find()
        self.adopt()
        return child

    def adopt(self) -> None:
        """Write down that this resource has the unit, and in which control groups its processes live."""
        if self.leader is None:
            return
        if not self._holders.has_own():
            try:
                self._holders.enter(systemd.answers(self.context))
            except errors.AgentError as problem:
                # Without the record, the next monitor tries again.
                self.context.log.warn(str(problem))
                self._holders.release()
                return
        groups, unit = self.context.host.groups, systemd.group(self.context, self.name)
        found = {groups.of(pid) for pid in self._family(None, self.leader.pid)}
        # podman gives a container a scope of its own.
        apart = {group for group in found if ".scope" in group and not group.startswith(f"{unit}/")}
        # The unit may have another slice.
        own = dict.fromkeys((unit, groups.of(self.leader.pid), *sorted(apart)))
        launched.remember(self.context, self.leader, 0, *own)

    def end(self, found: Found, seconds: float) -> None:
        """Let systemd stop the unit within *seconds*, unless other resources have it."""
        if not systemd.is_name(self.name):
            return
        self._holders.release()
        leader, others = self._find(launched.record(self.context)).leader, self._holders.others()
        if leader and others:
            self.context.log.warn(f"{self.name} keeps running, because {', '.join(others)} uses it, too")
            return
        try:
            if leader:
                systemd.stop(self.context, self.name, seconds)
            else:
                systemd.end_attempts(self.context, [self.name])
        except errors.AgentError as problem:
            self.context.log.warn(f"{problem}; the agent ends the processes itself")

    def forget(self) -> None:
        """Remove what this resource has written.  The unit then has its own Restart= again, if no other has it."""
        notes.launched(self.context).forget()
        self._holders.leave()

    def _asks_where_it_runs(self) -> bool:
        """Does the cluster ask whether the resource runs here?  A start adopts a unit that other resources run."""
        return self.context.action in ("monitor", "status") and self.context.is_probe

    def _find(self, known: Launched | None) -> Found:
        if not (systemd.runs_here(self.context) and systemd.is_name(self.name)):
            return Found()
        main_process = known.leader(self.context) if known else None
        members = self._family(known, *((main_process.pid,) if main_process else ()))
        shown: dict[str, str] = {}
        if members or systemd.has(self.context, self.name):
            try:
                shown = systemd.show(self.context, self.name)
            except errors.AgentError as problem:
                self.context.log.debug(str(problem))
        members = members or self.context.host.groups.members(shown.get("ControlGroup", ""))
        seen = {pid: process for pid in members if (process := read(self.context.host, pid)) is not None}
        main = int(shown["MainPID"]) if "MainPID" in shown else _oldest(seen)
        leader = seen.get(main)
        if self.service.leaves_running:
            # What a network agent started for the tenants lives in the same group.
            looks = Looks(self.context)
            seen = {pid: one for pid, one in seen.items() if one is leader or looks.is_the_agents(one)}
        return Found(leader=leader, parts=tuple(process for process in seen.values() if process is not leader))

    def _family(self, known: Launched | None, *pids: int) -> list[int]:
        """The *pids*, the members of the unit's groups, and all their descendants."""
        groups, found = self.context.host.groups, list(pids)
        for group in dict.fromkeys((systemd.group(self.context, self.name), *(known.groups if known else ()))):
            found += groups.members(group)
        for pid in list(found):
            found += self.context.host.processes.family(pid)
        return list(dict.fromkeys(found))


def _oldest(seen: dict[int, Process]) -> int:
    """The process that leads a session and has a parent outside; 0 if there is none.  For a systemd that is silent."""
    leaders = [process for process in seen.values() if process.parent not in seen and process.session == process.pid]
    return min(leaders, key=lambda process: process.start).pid if leaders else 0


def _name(context: Context) -> str:
    """The unit's full name.  If the usual web server is not installed, but Red Hat's is, that is the unit."""
    given = context.get("unit")
    full = given if "." in given else f"{given}.service"
    if given == context.service.unit and not systemd.has(context, full) and systemd.has(context, _RED_HAT):
        return _RED_HAT
    return full
