"""Each pattern of single instances in a real cluster: a daemon dies, nodes die, and come back."""

from __future__ import annotations

import pytest

from tests.box import cluster
from tests.box.lookout import ADDRESS, Lookout
from tests.box.machine import Host, wait_for

from . import book, farm, live

pytestmark = pytest.mark.long
# A recipe, the instance that dies, and the nodes that die.
CASES = [
    ("active-passive", "p_cinder_volume", ("one",)),
    ("n-plus-1", "p_volume_a", ("one",)),
    ("n-plus-m", "p_volume_c", ("one", "two")),
    ("n-to-1", "p_volume_a", ("two",)),
    ("n-to-n", "p_volume_a", ("three",)),
    ("promotable", "p_keystone", ("three",)),
]


@pytest.fixture(scope="module")
def nodes():
    """Five nodes of one cluster."""
    with farm.farm(5) as hosts:
        yield hosts


@pytest.mark.parametrize(("name", "victim", "dead"), CASES, ids=[name for name, *_ in CASES])
def test_everything_goes_where_the_golden_file_says(nodes, name, victim, dead):
    """
    Placed, SIGKILL of one daemon, power cut, return of the nodes: no instance ever runs on two nodes.
    """
    recipe = book.recipe(name)
    golden = live.golden(recipe)
    hosts = {host.name: host for host in nodes}
    admin = next(host for host in nodes if host.name not in dead)
    # Nodes that the recipe does not name run nothing.
    admin.run("pcs", "node", "unstandby", "--all")
    if idle := [host.name for host in nodes if host.name not in recipe.names]:
        admin.run("pcs", "node", "standby", *idle)
    cluster.settled(admin)
    fault = book.lost(*dead)
    with Lookout(nodes, farm.instance) as lookout:
        try:
            live.type_in(admin, recipe)
            up = live.placed(admin, golden["all nodes are up"])
            a_daemon_dies(admin, hosts[up[victim][0]], victim)
            live.placed(admin, up)
            live.lost(admin, [hosts[one] for one in dead])
            live.placed(admin, golden[fault.title])
            for one in dead:
                live.back(hosts[one])
            live.placed(admin, golden[fault.over])
            assert cluster.failures(admin) == []
        finally:
            live.cleared(admin)
    looks = lookout.seen()
    print(f"{name}: {len(looks)} looks")
    assert {one for look in looks for one in look.where} - {ADDRESS} == set(farm.MARKS) & set(golden[fault.title])
    assert lookout.twice() == []


def a_daemon_dies(admin: Host, host: Host, resource: str) -> None:
    """SIGKILL of the main process: Pacemaker counts a failure, and starts another process on the same node."""
    file = f"/run/resource-agents/{resource}.pid"
    before = host.read(file).split()[0]
    host.run("kill", "-KILL", before)
    wait_for(lambda: cluster.fail_count(admin, resource, host.name) == 1, 60, f"{resource} to be missed", pause=0.2)
    cluster.settled(admin)
    assert cluster.active_on(admin, resource) == [host.name]
    assert host.read(file).split()[0] != before
    admin.run("crm_resource", "--cleanup")
