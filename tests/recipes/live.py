"""A recipe in a real cluster: typed from its own file, compared with its golden file, and taken away again."""

from __future__ import annotations

from tests.box import cluster
from tests.box.machine import Host, wait_for

from .book import Recipe
from .placement import runs
from .typed import file, paste

PATIENCE = 300.0
"""Seconds for a cluster to do what a fault or a recipe asks of it; an idle machine needs a tenth."""


def golden(recipe: Recipe) -> dict[str, dict[str, list[str]]]:
    """{what has happened: {resource: its nodes}}, as the golden file says."""
    found: dict[str, dict[str, list[str]]] = {}
    where: dict[str, list[str]] = {}
    for line in recipe.golden.read_text().splitlines():
        if line.startswith(" "):
            name, nodes = line.split(maxsplit=1)
            nodes = nodes.partition(" from ")[0].replace(" (promoted)", "+")
            where[name] = [node.replace("+", " (promoted)") for node in nodes.split() if node != "-"]
        elif line:
            where = found.setdefault(line.partition(";")[0], {})
    return found


def type_in(admin: Host, recipe: Recipe) -> None:
    """Run the file for pcs, in a cluster whose fencing device is where the simulation has it."""
    admin.run("pcs", "stonith", "disable", "power")
    cluster.settled(admin)
    admin.run("pcs", "stonith", "enable", "power")
    cluster.settled(admin)
    paste(admin, file(recipe.folder.name, "pcs.sh"))


def placed(admin: Host, wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """Wait until everything runs where it has to; the fencing device may be anywhere.

    Raises AssertionError with what runs where if that does not happen in time.
    """
    wanted = {name: nodes for name, nodes in wanted.items() if name != "power"}

    def now() -> dict[str, list[str]]:
        return {name: nodes for name, nodes in runs(cluster.status(admin)).items() if name != "power"}

    try:
        wait_for(lambda: now() == wanted and well(admin, wanted), PATIENCE, "the placement", pause=1)
    except TimeoutError:
        assert (now(), states(admin)) == (wanted, {})
    return wanted


def states(admin: Host) -> dict[tuple[str, str], str]:
    """{(resource, node): what its agent says there}."""
    attributes = cluster.status(admin).iterfind("node_attributes/node")
    return {
        (one.get("name").removeprefix("openstack-"), node.get("name")): one.get("value")
        for node in attributes
        for one in node.iterfind("attribute")
        if one.get("name").startswith("openstack-")
    }


def well(admin: Host, where: dict[str, list[str]]) -> bool:
    """Does every agent of this project say that its service is well, and no agent on any other node anything?"""
    ours = {
        one.get("id")
        for one in cluster.status(admin).iter("resource")
        if one.get("resource_agent").startswith("ocf:openstack:")
    }
    return states(admin) == {(name, node): "well" for name in ours for node in where[name]}


def lost(admin: Host, hosts: list[Host]) -> None:
    """Pull the plug of hosts at once, and wait until the cluster has fenced them; fencing turns them on again."""
    for host in hosts:
        host.off()
    for host in hosts:
        wait_for(lambda host=host: fenced(admin, host), PATIENCE, f"{host.name} to be fenced", pause=1)
        host.boot()


def fenced(admin: Host, host: Host) -> bool:
    """Has the cluster turned this host off and on, and seen it do so?"""
    node = next(one for one in cluster.status(admin).iterfind("nodes/node") if one.get("name") == host.name)
    return host.pid is not None and node.get("online") == "false" and node.get("unclean") == "false"


def back(host: Host) -> None:
    """Start the cluster on a host that was fenced."""
    host.run("pcs", "cluster", "start", "--wait=120", timeout=180)


def cleared(admin: Host) -> None:
    """Take a recipe away, and wait until nothing of it runs."""
    # Constraints first: without them a resource may be removed.
    for path in ("constraints/*", "resources/*[not(@id='power')]", "nodes/node/utilization",
                 "crm_config//nvpair[@name='placement-strategy']"):  # fmt: skip
        admin.run("cibadmin", "--delete-all", "--force", "--xpath", f"//configuration/{path}")
    wait_for(
        lambda: [name for name, nodes in runs(cluster.status(admin)).items() if nodes] == ["power"],
        PATIENCE, "the recipe to be gone", pause=1,
    )  # fmt: skip
    cluster.settled(admin)
    admin.run("crm_resource", "--cleanup")
