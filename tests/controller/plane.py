"""The control plane: every service of the box as a resource with credentials, on one node or as clones on several.

The servers of several nodes (MariaDB, RabbitMQ, memcached, the name server) stand on a host of their own, outside the
cluster.  A single node has them itself.  Each node asks the APIs and the Keystone of its own.
"""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

from tests.box import cloud, cluster, keystone, services
from tests.box.agent import Agent, install, package
from tests.box.machine import STATE, Box, Host, wait_for
from tests.matrix.world import CREDENTIALS, DOMAIN, spell
from tests.unit.conftest import required

NAMES = tuple(services.rows(services.PACKAGED))
# nova-conductor ends if Placement does not answer, and a busy Pacemaker starts one resource at a time.
ORDER = (("placement-api", "nova-conductor"),)
_NUMBERS = ("one", "two", "three")
_BASE, _FULL = "/root/base.xml", "/root/full.xml"
STOPPING = 400.0
"""Seconds for all services of all nodes to stop."""


class Plane:
    """The nodes of one control plane, and the host of its servers."""

    def __init__(self, box: Box, nodes: int) -> None:
        """Boot the hosts, configure every service, make the databases and the cluster (about five minutes)."""
        self.nodes = [box.add(name, "cloud") for name in _NUMBERS[:nodes]]
        self.server = box.add("servers", "cloud") if nodes > 1 else self.nodes[0]
        self.admin = self.nodes[0]
        for host in box.hosts:
            # A host knows by itself only those that booted before it.
            host.put("/etc/hosts", (STATE / "hosts.txt").read_text())
        cloud.serve(self.server, "127.0.0.1" if nodes == 1 else "0.0.0.0")
        self._name_server()
        # Built before several threads want it.
        package()
        with ThreadPoolExecutor(nodes) as hands:
            list(hands.map(self._node, self.nodes))
        cloud.populate(self.admin, self.server, spell)
        keystone.copy_keys(self.admin, self.nodes[1:])
        first = Agent(self.admin, "keystone", "first")
        started = first("start", timeout=120)
        assert started.code == 0, started
        cloud.catalogue(self.admin, spell)
        assert first("stop").code == 0
        cluster.form(self.nodes)
        if nodes > 1:
            # Every node sees the load of all, and would start one resource at a time.
            self.admin.run("pcs", "property", "set", "load-threshold=1000%")
        self.admin.run("pcs", "cluster", "cib", _BASE)

    def _name_server(self) -> None:
        """Every server has the address of its host, and each node's Keystone and APIs are on the node itself."""
        address = self.server.address
        self.server.run(
            "dnsmasq", "--no-resolv", "--no-hosts", f"--listen-address={address}", "--bind-interfaces",
            "--pid-file=/run/name-server", f"--address=/{DOMAIN}/{address if len(self.nodes) > 1 else '127.0.0.1'}",
            f"--address=/keystone.{DOMAIN}/127.0.0.1", f"--address=/api.{DOMAIN}/127.0.0.1",
        )  # fmt: skip

    def _node(self, host: Host) -> None:
        host.run("rm", "-f", "/etc/resolv.conf")
        host.put("/etc/resolv.conf", f"nameserver {self.server.address}\n")
        install(host)
        cloud.configure(host, spell)
        # Debian's unit starts another proxy unless an administrator wants this one.
        host.run(
            "sed",
            "-i",
            "s/^NOVA_CONSOLE_PROXY_TYPE=.*/NOVA_CONSOLE_PROXY_TYPE=novnc/",
            "/etc/default/nova-consoleproxy",
        )

    def shape(self, processes: int, threads: int) -> None:
        """Give every API that uwsgi serves so many worker processes and threads; Neutron's always have one thread."""
        for host in self.nodes:
            host.run(
                "sh", "-c",
                f"sed -i 's/^processes = .*/processes = {processes}/; s/^threads = .*/threads = {threads}/' /etc/*/*-uwsgi.ini;"
                " sed -i 's/^threads = .*/threads = 1/' /etc/neutron/*-uwsgi.ini",
            )  # fmt: skip

    def push(self, operation: tuple[str, ...] = (), **params: str) -> float:
        """Create every resource in one push, with the advertised operations or another one; returns when that was."""
        admin = self.admin
        admin.run("cp", _BASE, _FULL)
        lines, clone = [], ["clone"] if len(self.nodes) > 1 else []
        for name in NAMES:
            given = {**CREDENTIALS, **required(name), **params}
            words = [f"{key}={value}" for key, value in given.items()]
            lines.append(
                " ".join(
                    ["pcs", "-f", _FULL, "resource", "create", f"p_{name}", f"ocf:openstack:{name}", *words]
                    + (["op", *operation] if operation else [])
                    + clone
                )
            )
        for first, then in ORDER:
            names = ["-".join([f"p_{name}", *clone]) for name in (first, then)]
            lines.append(f"pcs -f {_FULL} constraint order {names[0]} then {names[1]} kind=Optional symmetrical=false")
        admin.run("sh", "-e", input="\n".join(lines), timeout=300)
        began = time.time()
        admin.run("pcs", "cluster", "cib-push", _FULL, f"diff-against={_BASE}")
        return began

    def clear(self) -> None:
        """Remove every resource, and wait until nothing of them runs."""
        for path in ("constraints/rsc_order", "resources/*[not(@id='power')]"):
            self.admin.run("cibadmin", "--delete-all", "--force", "--xpath", f"//configuration/{path}")
        # A stop removes the attribute at its end.
        wait_for(
            lambda: not self._active() and not any(self.states().values()), STOPPING, "every service to stop", pause=1
        )
        self.admin.run("crm_resource", "--cleanup", timeout=300)

    def _active(self) -> list[str]:
        found = cluster.status(self.admin).iter("resource")
        return [one.get("id") for one in found if one.get("active") == "true" and one.get("id") != "power"]

    def states(self) -> dict[tuple[str, str], str]:
        """{(node, service): what the node attribute says}; "" if there is no attribute."""
        said = {(host.name, name): "" for host in self.nodes for name in NAMES}
        status = ET.fromstring(self.admin.run("cibadmin", "--query", "--scope", "status").stdout)
        for node in status.iterfind("node_state"):
            for pair in node.iterfind("transient_attributes/instance_attributes/nvpair"):
                name = pair.get("name", "").removeprefix("openstack-p_")
                if (node.get("uname"), name) in said:
                    said[node.get("uname"), name] = pair.get("value", "")
        return said

    def ill(self) -> dict[tuple[str, str], str]:
        """{(node, service): reason} of those that are not well."""
        return {where: text for where, text in self.states().items() if text != "well"}

    def recovered(self, within: float) -> tuple[dict[tuple[str, str], str], float]:
        """Wait until every service is well.  Returns those that are not, and the seconds that this took."""
        began = time.monotonic()
        while True:
            ill, lasted = self.ill(), time.monotonic() - began
            if not ill or lasted > within:
                return ill, lasted
            time.sleep(1)

    def wait_until_well(self, within: float = 900.0) -> None:
        """Raises TimeoutError with the reasons if not every service is well in time."""
        ill, _ = self.recovered(within)
        if ill:
            raise TimeoutError(f"not well after {within:.0f} s: {ill}; {self.failures()}")

    def failures(self) -> list[str]:
        """Every failure that Pacemaker counted, and every operation that failed: what would restart or ban."""
        status = cluster.status(self.admin)
        counted = [
            f"{history.get('id')} on {node.get('name')}: fail count {history.get('fail-count')}"
            for node in status.iterfind("node_history/node")
            for history in node.iterfind("resource_history")
            if int(history.get("fail-count", "0").replace("INFINITY", "1000000"))
        ]
        failed = [
            f"{one.get('op_key')} on {one.get('node')}: {one.get('exitstatus')}: {one.get('exitreason')}"
            for one in status.iterfind("failures/failure")
            if one.get("exitcode") not in ("0", "190")
        ]
        return counted + failed

    def leaders(self) -> dict[tuple[str, str], str]:
        """{(node, service): pid of the main process}: another one was restarted."""
        found = {}
        for host in self.nodes:
            for line in host.run("sh", "-c", "cd /run/resource-agents && grep -H . p_*.pid").stdout.splitlines():
                file, _, text = line.partition(":")
                found[host.name, file.removeprefix("p_").removesuffix(".pid")] = text.split()[0]
        return found
