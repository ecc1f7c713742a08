"""A daemon that systemd runs as a unit (the ``unit`` parameter): find, launch, adopt, end.

The processes in the unit's control group are the daemon.  While the cluster
runs the unit, a drop-in sets Restart=no.  So systemd does not restart the unit
without the cluster.  Pacemaker does the same for its own ``systemd:`` resources.
"""

from __future__ import annotations

from .. import errors
from ..address import Address
from ..context import Context
from ..settings import Settings
from . import listening, systemd
from .process import Found, Process, read

DROP_IN = """\
# Written by the resource agent that runs this unit for the cluster. The agent removes this file after a stop.
[Unit]
Description=Cluster controlled {unit}
Before=pacemaker.service pacemaker_remote.service

[Service]
Restart=no
"""
_RED_HAT = "httpd.service"
# The directory of all control groups, in a unified, a hybrid and a legacy hierarchy.
_GROUP_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")


class Unit:
    """The daemon as a unit of systemd.  ``ocf_lib/daemon/__init__.py`` describes the members."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.service = context.service
        self.settings = Settings(context)
        self.leader: Process | None = None
        self.name = _name(context)

    @property
    def listens(self) -> Address:
        """The socket that the daemon opens; a server of "" means every address.  Raises BadParameter."""
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
        """The processes in the unit's control group.  The leader is the main process that systemd names."""
        found = self._find()
        self.leader = found.leader
        return found

    def find_all(self) -> Found:
        """The same processes as find(): with a unit, both looks cost the same."""
        return self._find()

    def family(self) -> list[int]:
        """The leader that was found last, and all its descendants."""
        return self.context.host.processes.family(self.leader.pid) if self.leader else []

    def fits(self) -> None:
        """Raise NotInstalled if systemd cannot run the unit."""
        if systemd.show(self.context, self.name).get("LoadState") != "loaded":
            raise errors.NotInstalled(f"unit: systemd has no usable unit {self.name}")

    def launch(self) -> None:
        """Write the drop-in, and let systemd start the unit.  Raises AgentError."""
        try:
            self.context.host.files.write(self._drop_in, DROP_IN.format(unit=self.name), 0o644)
        except OSError as problem:
            raise errors.AgentError(f"{self._drop_in}: {problem.strerror}") from None
        systemd.reload(self.context)
        systemd.start(self.context, self.name)

    def adopt(self) -> None:
        """Do nothing: systemd knows the unit's processes."""

    def end(self, found: Found, seconds: float) -> None:
        """Let systemd stop the unit within *seconds*."""
        if found.leader is None:
            return
        try:
            systemd.stop(self.context, self.name, seconds)
        except errors.AgentError as problem:
            self.context.log.warn(f"{problem}; the agent ends the processes itself")

    def forget(self) -> None:
        """Remove the drop-in, because the unit is down.  The unit then has its own Restart= again."""
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
        """The pids in a control group and in all groups below it; a unit may delegate such groups to a container."""
        files = self.context.host.files
        places = [f"{root}{group}" for root in _GROUP_ROOTS if group and files.is_directory(f"{root}{group}")][:1]
        found: list[int] = []
        for directory in places:
            try:
                found += [int(word) for word in (files.read(f"{directory}/cgroup.procs") or "").split()]
            except OSError as problem:
                # The group has just gone, or it is threaded: then its processes stand in the group above (cgroups(7)).
                self.context.log.debug(f"{directory}: {problem.strerror}")
            places += [f"{directory}/{name}" for name in files.directories(directory)]
        return found


def _name(context: Context) -> str:
    """The unit's full name.  If the usual web server is not installed, but Red Hat's is, that is the unit."""
    given = context.get("unit")
    full = given if "." in given else f"{given}.service"
    if given == context.service.unit and not systemd.has(context, full) and systemd.has(context, _RED_HAT):
        return _RED_HAT
    return full
