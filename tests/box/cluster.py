"""A Pacemaker cluster on the hosts of a box, made with the commands an administrator types."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from .machine import Host, wait_for

_HERE = Path(__file__).resolve().parent
PASSWORD = "box"


def form(hosts: list[Host]) -> None:
    """Authenticate, set up and start the cluster, with working fencing (about 30 s)."""
    names = [host.name for host in hosts]
    for host in hosts:
        host.run("chpasswd", input=f"hacluster:{PASSWORD}\n")
        plug(host)
        host.run("systemctl", "start", "pcsd")
    admin = hosts[0]
    admin.run("pcs", "host", "auth", *names, "-u", "hacluster", "-p", PASSWORD)
    admin.run("pcs", "cluster", "setup", "box", *names, timeout=180)
    admin.run("pcs", "cluster", "start", "--all", "--wait=90", timeout=180)
    wait_for(lambda: online(admin) == set(names), 90, "all nodes to be online", pause=0.5)
    admin.run("pcs", "property", "set", "stonith-enabled=true", "stonith-timeout=60s")
    # A resource that was moved stays where it is.
    admin.run("pcs", "resource", "defaults", "update", "resource-stickiness=1")
    admin.run("pcs", "stonith", "create", "power", "fence_box", f"pcmk_host_list={' '.join(names)}")


def plug(host: Host) -> None:
    """Give the host the agent of the power switch."""
    host.put("/usr/sbin/fence_box", (_HERE / "fence_box").read_text(), 0o755)


def status(host: Host) -> ET.Element:
    """What ``crm_mon`` on *host* sees, as XML."""
    return ET.fromstring(host.run("crm_mon", "--output-as=xml", "--inactive").stdout)


def has_quorum(host: Host) -> bool:
    """Is the host up, and in a cluster that has quorum?"""
    return host.pid is not None and host.run("crm_node", "--quorum", check=False).stdout.strip() == "1"


def online(host: Host) -> set[str]:
    """The nodes that are online and clean."""
    return {
        node.get("name")
        for node in status(host).iterfind("nodes/node")
        if node.get("online") == "true" and node.get("unclean") == "false" and node.get("pending") == "false"
    }


def active_on(host: Host, resource: str) -> list[str]:
    """Where *resource* is started and not failed."""
    return sorted(
        node.get("name")
        for found in status(host).iter("resource")
        if found.get("id") == resource and found.get("role") == "Started" and found.get("failed") == "false"
        for node in found.iterfind("node")
    )


def failures(host: Host) -> list[dict[str, str]]:
    """The failed (or degraded) operations that ``crm_mon`` lists."""
    return [dict(failure.attrib) for failure in status(host).iterfind("failures/failure")]


def degraded(host: Host) -> str:
    """The exit reason of a degraded monitor; "" if there is none."""
    found = [failure.get("exitreason", "") for failure in failures(host) if failure.get("exitcode") == "190"]
    return found[0] if found else ""


def monitor_code(host: Host, resource: str, node: str) -> int | None:
    """What the last recurring monitor of *resource* on *node* returned; None if there has been none.

    The cluster keeps the last failure (or degradation) beside the last
    success, until a cleanup; the younger of the two is what is true now.
    """
    state = ET.fromstring(host.run("cibadmin", "--query", "--scope", "status").stdout)
    entries = [
        (int(entry.get("last-rc-change", "0")), int(entry.get("rc-code")))
        for entry in state.iterfind(f"node_state[@uname='{node}']//lrm_resource[@id='{resource}']/lrm_rsc_op")
        if entry.get("operation") == "monitor" and entry.get("interval") != "0"
    ]
    return max(entries)[1] if entries else None


def fail_count(host: Host, resource: str, node: str) -> int:
    """How often *resource* failed on *node* since the last cleanup."""
    for entry in status(host).iterfind(f"node_history/node[@name='{node}']/resource_history[@id='{resource}']"):
        return int(entry.get("fail-count", "0").replace("INFINITY", "1000000"))
    return 0


def started(node: Host, resource: str = "p_keystone", copies: int = 1) -> list[str]:
    """Wait until the resource is started on *copies* nodes, and return them."""

    def enough():
        active = active_on(node, resource)
        return active if len(active) == copies else None

    return wait_for(enough, 300, f"{copies} of {resource} to be started", pause=0.2)


def settled(node: Host) -> None:
    """Wait until the cluster has nothing left to do."""
    node.run("crm_resource", "--wait", "--timeout=300s", timeout=330)


def trust_each_other(hosts: list[Host]) -> None:
    """Let root of each host log in to the others, as cibsecret needs it."""
    key = hosts[0]
    key.run("rm", "-f", "/root/.ssh/id_ed25519")
    key.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/.ssh/id_ed25519")
    for host in hosts:
        for name in ("id_ed25519", "id_ed25519.pub"):
            host.put(f"/root/.ssh/{name}", key.read(f"/root/.ssh/{name}"), 0o600)
        host.put("/root/.ssh/authorized_keys", key.read("/root/.ssh/id_ed25519.pub"), 0o600)
        host.put("/root/.ssh/config", "StrictHostKeyChecking no\nLogLevel ERROR\n", 0o600)
        host.run("systemctl", "start", "ssh")
