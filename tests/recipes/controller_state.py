"""What is true of the controller of the recipe: who is well, who is missing, who was restarted, who is banned."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from tests.box import cluster
from tests.box.machine import VIP, Host
from tests.box.settings import PASSWORD

from .controller import NAMES

# One instance of each of these runs somewhere; all others run on every node.
SINGLE = ("cinder-volume", "manila-share", "ceilometer-agent-central")
# How the main processes of the native agents and units are found.  Each monitor of the broker is a young beam.smp.
NATIVE = {
    "p_galera": "cat /run/mysqld/mysqld.pid",
    "p_rabbitmq": "pgrep -o -x beam.smp",
    "p_memcached": "pidof memcached",
    "p_haproxy": "systemctl show -P MainPID haproxy",
}


def resource(name: str) -> str:
    """The name of a service's resource in the recipe."""
    return f"p_{name.replace('-', '_')}"


def _said(admin: Host) -> dict[tuple[str, str], str]:
    """{(node, resource): what the node attribute says}."""
    said = {}
    status = ET.fromstring(admin.run("cibadmin", "--query", "--scope", "status").stdout)
    for node in status.iterfind("node_state"):
        for pair in node.iterfind("transient_attributes/instance_attributes/nvpair"):
            name = pair.get("name", "")
            if name.startswith("openstack-"):
                said[node.get("uname", ""), name.removeprefix("openstack-")] = pair.get("value", "")
    return said


def ill(admin: Host, nodes: list[str]) -> dict[str, str]:
    """{"resource on node": why} of all that is not well if exactly *nodes* are to serve."""
    said, bad = _said(admin), {}
    for name in NAMES:
        found = {node: said.get((node, resource(name)), "") for node in nodes}
        if name in SINGLE:
            there = [text for text in found.values() if text]
            if there != ["well"]:
                bad[resource(name)] = "; ".join(there) or "not started"
        else:
            bad.update(
                {f"{resource(name)} on {node}": text or "not started" for node, text in found.items() if text != "well"}
            )
    active: dict[str, list[str]] = {}
    for one in cluster.status(admin).iter("resource"):
        if one.get("active") == "true" and one.get("failed") == "false" and one.get("role") in ("Started", "Promoted"):
            active.setdefault(one.get("id", ""), []).extend(node.get("name", "") for node in one.iterfind("node"))
    for name in NATIVE:
        missing = sorted(set(nodes) - set(active.get(name, [])))
        bad.update({f"{name} on {node}": "not started" for node in missing})
    if len(active.get("vip", [])) != 1:
        bad["vip"] = "not started"
    for name, there in active.items():
        # The fencing device runs on any node, also on one in standby.
        if name != "power":
            bad.update({f"{name} on {node}": "not stopped" for node in set(there) - set(nodes)})
    return bad


def where(admin: Host, name: str) -> str:
    """The node on which a single resource runs."""
    return cluster.active_on(admin, name)[0]


def address(admin: Host) -> str:
    """The node that has the virtual IP."""
    return where(admin, "vip")


def writer(admin: Host) -> str:
    """The node to whose database HAProxy sends everything; "" while it sends nothing anywhere."""
    said = admin.run(
        "mariadb", f"--host={VIP}", "--user=cloud", f"--password={PASSWORD}", "--connect-timeout=2", "--skip-column-names",
        "--execute=SELECT @@hostname",
        check=False,
    )  # fmt: skip
    return said.stdout.strip()


def main_pid(host: Host, name: str) -> str:
    """The pid of a resource's main process; "" or 0 if it does not run."""
    finds = NATIVE.get(name, f"cat /run/resource-agents/{name}.pid")
    return (host.run("sh", "-c", finds, check=False).stdout.split() or [""])[0]


def leaders(nodes: list[Host]) -> dict[tuple[str, str], str]:
    """{(node, resource): what identifies the main process}: another one was restarted."""
    found = {(host.name, name): main_pid(host, name) for host in nodes for name in NATIVE}
    for host in nodes:
        for line in host.run("sh", "-c", "cd /run/resource-agents && grep -H . p_*.pid").stdout.splitlines():
            file, _, text = line.partition(":")
            found[host.name, file.removesuffix(".pid")] = text
    return found


def failed(admin: Host) -> dict[str, str]:
    """{"resource on node": how often it failed there}."""
    return {
        f"{history.get('id')} on {node.get('name')}": history.get("fail-count", "")
        for node in cluster.status(admin).iterfind("node_history/node")
        for history in node.iterfind("resource_history")
        if history.get("fail-count", "0") != "0"
    }


def banned(admin: Host) -> list[str]:
    """Every resource that Pacemaker keeps from a node since it failed there too often."""
    return [where for where, count in failed(admin).items() if count in ("INFINITY", "1000000")]


def members(host: Host) -> tuple[int, int]:
    """How many nodes the database and the broker of *host* see in their clusters; 0 for one that does not answer."""
    size = host.run("mariadb", "-N", "-e", "SHOW STATUS LIKE 'wsrep_cluster_size'", check=False).stdout.split()
    said = host.run("rabbitmqctl", "-n", "rabbit", "--formatter", "json", "cluster_status", check=False)
    running = json.loads(said.stdout)["running_nodes"] if said.returncode == 0 else []
    return (int(size[1]) if size else 0, len(running))
