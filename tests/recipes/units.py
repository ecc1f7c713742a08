"""Services whose daemon is a systemd unit, as Pacemaker runs them: their main processes, and what a fault restarts."""

from __future__ import annotations

from typing import NamedTuple

from tests.box import cluster as pacemaker
from tests.box.machine import Host, wait_for

PATIENCE = 600.0


class Service(NamedTuple):
    """A resource, the unit that runs its daemon, and where it answers."""

    resource: str
    unit: str
    url: str

    def main(self, host: Host) -> int:
        """The pid of the unit's main process; 0 while there is none."""
        shown = host.run("systemctl", "show", "--property=MainPID", "--value", self.unit, check=False).stdout
        return int(shown.strip() or 0)

    def answers(self, host: Host) -> bool:
        """Does the service of this host answer?"""
        asked = host.run("curl", "--silent", "--fail", "--max-time", "20", self.url, check=False)
        return asked.returncode == 0

    def serves(self, host: Host, admin: Host, before: int = 0) -> bool:
        """Does Pacemaker say so, too, and is the main process not the one of *before*?"""
        return (
            host.name in pacemaker.active_on(admin, self.resource)
            and self.main(host) not in (0, before)
            and self.answers(host)
        )


class Plane(NamedTuple):
    """The nodes of a cluster, and the services that each of them runs."""

    nodes: list[Host]
    services: tuple[Service, ...]

    @property
    def admin(self) -> Host:
        return self.nodes[0]

    def up(self) -> None:
        """Wait until every service serves on every node."""
        for host in self.nodes:
            for one in self.services:
                wait_for(
                    lambda one=one, host=host: one.serves(host, self.admin),
                    PATIENCE, f"{one.resource} on {host.name}", pause=0.5,
                )  # fmt: skip
        pacemaker.settled(self.admin)

    def mains(self) -> dict[tuple[str, str], int]:
        """{(node, unit): main process}."""
        return {(host.name, one.unit): one.main(host) for host in self.nodes for one in self.services}

    def restarted_by(self, host: Host, unit: str, command: list[str]) -> None:
        """Break the unit of a node with a command.  Pacemaker restarts that unit on that node, and nothing else."""
        self.up()
        self.admin.run("crm_resource", "--cleanup")
        powered, before = [node.pid for node in self.nodes], self.mains()
        broken = [one for one in self.services if one.unit == unit]
        host.run(*command)
        for one in broken:
            wait_for(
                lambda one=one: one.serves(host, self.admin, before[host.name, unit]),
                PATIENCE, f"another {unit} on {host.name}", pause=0.5,
            )  # fmt: skip
        pacemaker.settled(self.admin)
        after = self.mains()
        assert {who for who in before if after[who] != before[who]} == {(host.name, unit)}
        assert [node.pid for node in self.nodes] == powered
        assert any(pacemaker.fail_count(self.admin, one.resource, host.name) for one in broken)
