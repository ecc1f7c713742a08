"""Which resources of this host have a unit: each of them has a drop-in of its own.

One web server may run several services, so several resources may have its
unit.  The unit stops with the last of them.
"""

from __future__ import annotations

from .. import errors
from ..context import Context
from . import scope, systemd
from .others import is_in_the_cluster

DROP_IN = """\
# Written by the resource agent that runs this unit for the cluster. The agent removes this file after a stop.
[Unit]
Description=Cluster controlled {unit}
Before=pacemaker.service pacemaker_remote.service

[Service]
Restart=no
"""
_PREFIX, _SUFFIX = "50-openstack-", ".conf"


class Holders:
    """The resources that have one unit."""

    def __init__(self, context: Context, unit: str) -> None:
        self._context = context
        self._unit = unit
        self._directory = f"{systemd.RUN}/{unit}.d"
        self._has_removed = False
        self._own = f"{_PREFIX}{scope.owner(context)}{_SUFFIX}"

    def has_own(self) -> bool:
        """Does this resource have the unit?"""
        return self._own in self._names()

    def others(self) -> list[str]:
        """The names of the other resources that have the unit, and that the cluster still has or may have."""
        names = [name[len(_PREFIX) : -len(_SUFFIX)].partition(":")[2] for name in self._names() if name != self._own]
        return [name for name in names if name and is_in_the_cluster(self._context, name) is not False]

    def enter(self, seconds: float) -> None:
        """Write the drop-in of this resource, and let systemd read it within *seconds*.  Raises AgentError."""
        path = f"{self._directory}/{self._own}"
        try:
            self._context.host.files.write(path, DROP_IN.format(unit=self._unit), 0o644)
        except OSError as problem:
            raise errors.AgentError(f"{path}: {problem.strerror}") from None
        systemd.reload(self._context, seconds)

    def release(self) -> None:
        """Remove the drop-in of this resource.

        A stop does so before it looks who else has the unit.  Of several
        resources that stop at the same moment, the last one then sees none.
        systemd reads its files only when the daemon is down, so Restart=no holds
        until then.
        """
        self._remove([name for name in self._names() if name == self._own])

    def leave(self) -> None:
        """Let systemd read its files again.  One without the name of a resource goes with the last: version 0.1.0."""
        if not self.others():
            self._remove([name for name in self._names() if ":" not in name])
        if self._has_removed:
            try:
                systemd.reload(self._context, systemd.answers(self._context))
            except errors.AgentError as problem:
                self._context.log.warn(str(problem))

    def _remove(self, names: list[str]) -> None:
        try:
            for name in names:
                self._context.host.files.remove(f"{self._directory}/{name}")
                self._has_removed = True
        except OSError as problem:
            self._context.log.warn(f"{self._directory}: {problem.strerror}")

    def _names(self) -> list[str]:
        names = self._context.host.files.names(self._directory) if systemd.is_name(self._unit) else []
        return [name for name in names if name.startswith(_PREFIX) and name.endswith(_SUFFIX)]
