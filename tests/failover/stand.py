"""Where failover is measured: three nodes that run a recipe of docs/recipes, and a database on a host outside the cluster."""

from __future__ import annotations

import shlex
import time

from tests.box import cluster, keystone
from tests.box.agent import install
from tests.box.machine import VIP, Box, Host, wait_for
from tests.recipes.book import BOOK

CLONE, WITHOUT_GATE, SINGLE = "clone", "clone without gate", "single"
_FOLDERS = {CLONE: "failover-keystone", WITHOUT_GATE: "failover-keystone", SINGLE: "failover-keystone-single"}
_GRANT = "CREATE DATABASE keystone;\nGRANT ALL ON keystone.* TO keystone@'%' IDENTIFIED BY 'dbsecret';\n"
_INI = "/etc/keystone/keystone-uwsgi.ini"
_GATE = "/etc/init.d/openstack-gate"
LONGEST = 240.0
"""Seconds for the cluster to do anything at all."""


def recipe(arrangement: str, name: str) -> str:
    """A file of the recipe for this arrangement."""
    return (BOOK / _FOLDERS[arrangement] / name).read_text()


def commands(arrangement: str) -> str:
    """The commands of the recipe; those of the gate are left out if the arrangement has none."""
    text = recipe(arrangement, "pcs.sh")
    if arrangement != WITHOUT_GATE:
        return text
    lines = text.replace("\\\n", " ").splitlines()
    return "\n".join(line for line in lines if "gate" not in shlex.split(line, comments=True))


class Stand:
    """The nodes, the host of the database, and the arrangement of resources that is there now."""

    def __init__(self, box: Box) -> None:
        """Configure everything and form the cluster, without a resource (about a minute)."""
        *self.nodes, self.database = box.hosts
        self.arrangement = ""
        self.database.put("/etc/mysql/mariadb.conf.d/99-box.cnf", "[mysqld]\nbind-address = 0.0.0.0\n")
        self.database.run("systemctl", "start", "mariadb")
        self.database.run("mariadb", input=_GRANT)
        for host in self.nodes:
            install(host)
            self._configure(host)
        keystone.bootstrap(self.nodes[0])
        keystone.copy_keys(self.nodes[0], self.nodes[1:])
        cluster.form(self.nodes)
        # Otherwise the fencing of a node ends only when the node has booted again.
        self.run("stonith", "update", "power", "pcmk_reboot_action=off")
        # Every node sees the load of all, and would do one thing at a time.
        self.run("property", "set", "load-threshold=1000%")
        self.run("cluster", "cib", "/root/empty.xml")

    def _configure(self, host: Host) -> None:
        keystone.configure(host, keystone.MARIADB)
        host.put(keystone.CONFIG, recipe(CLONE, "keystone.conf"), 0o640, "root:keystone")
        host.put("/etc/haproxy/haproxy.cfg", recipe(CLONE, "haproxy.cfg"))
        host.put(_GATE, recipe(CLONE, "openstack-gate"), 0o755)
        host.run("sed", "-i", "s/^threads = .*/threads = 1/", _INI)
        # A node that comes back has what the cluster does not start.
        host.run("systemctl", "enable", "--now", "memcached", "pcsd")

    def run(self, *command: str, at: Host | None = None, timeout: float = LONGEST) -> str:
        """Run a command of pcs on a node, the first that is up if no other is given."""
        return (at or self.beside()).run("pcs", *command, timeout=timeout).stdout

    def beside(self, host: Host | None = None) -> Host:
        """A node of the cluster other than this one."""
        return next(one for one in self.nodes if one is not host and one.pid and one.name in self._online())

    def _online(self) -> set[str]:
        for host in self.nodes:
            if cluster.has_quorum(host):
                return cluster.online(host)
        return set()

    def arrange(self, arrangement: str) -> None:
        """Replace all resources by those of the arrangement, and wait until they run."""
        if arrangement == self.arrangement:
            return
        self._clear()
        for host in self.nodes:
            place = VIP if arrangement == SINGLE else host.address
            host.run("sed", "-i", "/^http-socket/d", _INI)
            host.run("sh", "-c", f"echo 'http-socket = {place}:5000' >> {_INI}")
        self.nodes[0].run("sh", "-ec", f"cd /root\n{commands(arrangement)}", timeout=LONGEST)
        self.arrangement = arrangement
        self.wait_until_well()

    def _clear(self) -> None:
        admin = self.nodes[0]
        for path in ("constraints/*", "resources/*[not(@id='power')]"):
            admin.run("cibadmin", "--delete-all", "--force", "--xpath", f"//configuration/{path}")
        cluster.settled(admin)
        admin.run("crm_resource", "--cleanup", timeout=LONGEST)
        for host in self.nodes:
            # A gate that is no more stays shut.
            host.run("iptables", "-F", "INPUT")

    def wait_until_well(self) -> None:
        """Bring every node back, and wait until everything runs everywhere and no failure is left."""
        for host in self.nodes:
            if host.pid is None:
                host.boot()
            if host.name not in self._online():
                self.run("cluster", "start", at=host)
        wait_for(lambda: self._online() == {host.name for host in self.nodes}, LONGEST, "every node", pause=0.5)
        admin = self.nodes[0]
        # What a run that did not get to its end has left.
        self.run("node", "unstandby", "--all", at=admin)
        copies = 1 if self.arrangement == SINGLE else len(self.nodes)
        admin.run("crm_resource", "--cleanup", timeout=LONGEST)
        wait_for(lambda: len(cluster.active_on(admin, "p_keystone")) == copies, LONGEST, "Keystone", pause=0.5)
        admin.run("crm_resource", "--wait", f"--timeout={LONGEST:.0f}s", timeout=LONGEST + 30)
        self.holder()

    def holder(self) -> Host:
        """The node that has the virtual IP."""

        def found() -> Host | None:
            up = [host for host in self.nodes if host.pid]
            return next((one for one in up if f" {VIP}/" in one.run("ip", "-4", "-o", "address").stdout), None)

        return wait_for(found, LONGEST, "a node to have the address", pause=0.2)

    def main_pid(self, host: Host) -> str:
        """The main process of the host's Keystone."""
        return host.read("/run/resource-agents/p_keystone.pid").strip()

    def journal(self, since: float) -> list[str]:
        """What the nodes that are up have logged since then, each line with its time and its host, in order of time."""
        time.sleep(0.2)
        lines: list[str] = []
        for host in self.nodes:
            if host.pid:
                shown = host.run("journalctl", "-o", "short-unix", "--no-pager", f"--since=@{since:.3f}").stdout
                lines += [line for line in shown.splitlines() if line[:1].isdigit()]
        return sorted(lines)
