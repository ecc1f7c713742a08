"""A daemon that systemd runs for us (the ``unit`` parameter).

The unit's control group says which processes are the service's.  As Pacemaker
does for its own ``systemd:`` resources, a drop-in keeps systemd from restarting
the unit behind the cluster's back for as long as the cluster runs it.
"""

from __future__ import annotations

from .. import errors
from ..address import Address
from ..context import Context
from ..settings import Settings
from . import listening, systemd
from .process import Found, Process, read

DROP_IN = """\
# Written by the resource agent that runs this unit for the cluster; gone after its stop.
[Unit]
Description=Cluster controlled {unit}
Before=pacemaker.service pacemaker_remote.service

[Service]
Restart=no
"""
_RED_HAT = "httpd.service"
# Where a control group shows in the file system: unified, hybrid and legacy hierarchies.
_GROUP_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")


class Unit:
    """The daemon as a unit of systemd."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.service = context.service
        self.settings = Settings(context)
        self.leader: Process | None = None
        self.name = _name(context)

    @property
    def listens(self) -> Address:
        """The socket that the daemon opens; server "" is every address.  Raises BadParameter."""
        return listening.as_configured(self.context, self.settings)

    @property
    def address(self) -> Address:
        """Where this instance is asked.  Raises BadParameter."""
        return listening.asked_at(self.context, self.listens)

    @property
    def boot_names(self) -> list[str]:
        """Names by which systemd may start the service at boot."""
        return [self.name, *systemd.names(self.context)]

    def find(self) -> Found:
        """The processes in the unit's control group; the leader is systemd's."""
        found = self._find()
        self.leader = found.leader
        return found

    def find_all(self) -> Found:
        """The same: systemd knows no cheaper look."""
        return self._find()

    def family(self) -> list[int]:
        """The leader that was found last, and all its descendants."""
        return self.context.host.processes.family(self.leader.pid) if self.leader else []

    def fits(self) -> None:
        """Raise NotInstalled if systemd cannot run the unit."""
        if systemd.show(self.context, self.name).get("LoadState") != "loaded":
            raise errors.NotInstalled(f"unit: systemd has no usable unit {self.name}")

    def launch(self) -> None:
        """Have systemd start the unit, and not restart it.  Raises AgentError."""
        try:
            self.context.host.files.write(self._drop_in, DROP_IN.format(unit=self.name), 0o644)
        except OSError as problem:
            raise errors.AgentError(f"{self._drop_in}: {problem.strerror}") from None
        systemd.reload(self.context)
        systemd.start(self.context, self.name)

    def adopt(self) -> None:
        """Nothing has to be kept in mind: systemd knows."""

    def end(self, found: Found, seconds: float) -> None:
        """Have systemd stop the unit within *seconds*."""
        if found.leader is None:
            return
        try:
            systemd.stop(self.context, self.name, seconds)
        except errors.AgentError as problem:
            self.context.log.warn(f"{problem}; ending its processes ourselves")

    def forget(self) -> None:
        """Give the unit, once it is down, its own restart policy back."""
        try:
            if self.context.host.files.is_file(self._drop_in):
                self.context.host.files.remove(self._drop_in)
                systemd.reload(self.context)
        except errors.AgentError as problem:
            self.context.log.warn(str(problem))
        except OSError as problem:
            self.context.log.warn(f"{self._drop_in}: {problem.strerror}")

    @property
    def _drop_in(self) -> str:
        return f"{systemd.RUN}/{self.name}.d/50-openstack-resource-agents.conf"

    def _find(self) -> Found:
        if not systemd.runs_here(self.context):
            return Found()
        shown = systemd.show(self.context, self.name)
        pids = self._members(shown.get("ControlGroup", ""))
        leader_pid = int(shown.get("MainPID") or 0)
        if leader_pid and leader_pid not in pids:
            pids.append(leader_pid)
        seen = [process for pid in pids if (process := read(self.context.host, pid)) is not None]
        leader = next((process for process in seen if process.pid == leader_pid), None)
        return Found(leader=leader, parts=tuple(process for process in seen if process is not leader))

    def _members(self, group: str) -> list[int]:
        """Every process of a control group and of the groups below it: a unit may delegate its own to a container."""
        files = self.context.host.files
        if not group:
            return []
        for root in _GROUP_ROOTS:
            if files.read(f"{root}{group}/cgroup.procs") is not None:
                break
        found: list[int] = []
        waiting = [f"{root}{group}"]
        for directory in waiting:
            found += [int(word) for word in (files.read(f"{directory}/cgroup.procs") or "").split()]
            waiting += [f"{directory}/{name}" for name in files.directories(directory)]
        return found


def _name(context: Context) -> str:
    """The unit's full name; of the service's own web server, that of this distribution."""
    given = context.get("unit")
    full = given if "." in given else f"{given}.service"
    if given == context.service.unit and not systemd.has(context, full) and systemd.has(context, _RED_HAT):
        return _RED_HAT
    return full
