"""The recipe active-active with Keystone, in a real cluster: a copy dies, HAProxy dies, the node with the address dies."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.box import cluster as pacemaker
from tests.box import keystone
from tests.box.machine import VIP, Host, wait_for

from . import book, live

RECIPE = book.recipe("active-active")
INI = "/etc/keystone/keystone-uwsgi.ini"
URL = f"http://{VIP}:5000/v3"
ASKING = "/run/asking"
HAPROXY = "/etc/haproxy/haproxy.cfg"


@pytest.fixture
def nodes(cluster):
    """Three nodes that have what the page of the recipe asks for, and have it no more afterwards."""
    before = {(host, path): host.read(path) for host in cluster for path in (INI, keystone.CONFIG, HAPROXY)}
    (healthcheck,) = re.findall(r"(?ms)^```ini\n(.*?)^```", (RECIPE.folder / "README.md").read_text())
    for host in cluster:
        own = f"http-socket = {host.address}:5000"
        host.put(INI, re.sub(r"(?m)^#?http-socket = .*", own, before[host, INI]))
        assert f"\n{own}\n" in host.read(INI)
        host.put(keystone.CONFIG, before[host, keystone.CONFIG] + healthcheck, 0o640)
        host.put(HAPROXY, (RECIPE.folder / "haproxy.cfg").read_text())
        host.put("/etc/sysctl.d/haproxy.conf", "net.ipv4.ip_nonlocal_bind = 1\n")
        host.run("sysctl", "--quiet", "--load=/etc/sysctl.d/haproxy.conf")
    yield cluster
    live.cleared(next(filter(pacemaker.has_quorum, cluster)))
    for host in cluster:
        wait_for(lambda host=host: keystone.daemons(host) == [], 60, f"keystone to leave {host.name}")
        host.put(INI, before[host, INI])
        host.put(keystone.CONFIG, before[host, keystone.CONFIG], 0o640)
        host.put(HAPROXY, before[host, HAPROXY])
        host.run("rm", "/etc/sysctl.d/haproxy.conf")
        host.run("sysctl", "--quiet", "net.ipv4.ip_nonlocal_bind=0")


@contextlib.contextmanager
def asking(host: Host) -> Iterator[list[str]]:
    """Ask the virtual IP from a host again and again; afterwards, the list holds every status."""
    host.put(ASKING, "")
    ask = f"curl --silent --output /dev/null --max-time 60 --write-out '%{{http_code}}\\n' {URL}"
    seen: list[str] = []
    running = subprocess.Popen(
        host.command("timeout", "600", "sh", "-c", f"while test -e {ASKING}; do {ask}; sleep 0.05; done"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield seen
    finally:
        host.run("rm", ASKING)
        seen += running.communicate()[0].split()


def main_pid(host: Host) -> int:
    return int(host.read("/run/resource-agents/p_keystone.pid").split()[0])


def answers(host: Host) -> bool:
    """Does a client on another host get Keystone's answer at the virtual IP?"""
    return host.run("curl", "--silent", "--fail", "--max-time", "5", URL, check=False).returncode == 0


def test_a_dead_copy_a_dead_haproxy_and_a_dead_node(nodes, solo):
    """
    After each fault everything runs where the golden file says, and the address answers.
    """
    admin, golden = nodes[0], live.golden(RECIPE)
    hosts = {host.name: host for host in nodes}
    live.type_in(admin, RECIPE)
    up = live.placed(admin, golden["all nodes are up"])
    (holder,) = up["vip"]
    wait_for(lambda: answers(solo), 60, "an answer at the address", pause=0.5)

    a_copy_dies(nodes, holder, solo)
    live.placed(admin, up)

    hosts[holder].run("sh", "-c", "kill -KILL $(pidof haproxy)")
    wait_for(lambda: pacemaker.fail_count(admin, "p_haproxy", holder), 60, "HAProxy's death to be noticed", pause=0.2)
    live.placed(admin, up)
    wait_for(lambda: answers(solo), 60, "an answer at the address", pause=0.5)
    admin.run("crm_resource", "--cleanup")

    watcher = next(host for host in nodes if host.name != holder)
    live.lost(watcher, [hosts[holder]])
    live.placed(watcher, golden[f"{holder} is lost"])
    wait_for(lambda: answers(solo), 60, "an answer at the new place of the address", pause=0.5)
    live.back(hosts[holder])
    live.placed(watcher, golden[f"{holder} is back"])
    assert answers(solo)
    assert pacemaker.failures(watcher) == []


def a_copy_dies(nodes, holder: str, solo) -> None:
    """SIGKILL of the copy beside the address: Pacemaker starts only this copy again, and HAProxy loses no GET."""
    before = {host.name: main_pid(host) for host in nodes}
    (victim,) = [host for host in nodes if host.name == holder]
    with asking(solo) as seen:
        victim.run("kill", "-KILL", str(before[holder]))
        wait_for(
            lambda: pacemaker.fail_count(nodes[0], "p_keystone", holder) == 1, 60, "the crash to be noticed", pause=0.2
        )
        pacemaker.started(nodes[0], copies=3)
        pacemaker.settled(nodes[0])
    after = {host.name: main_pid(host) for host in nodes}
    assert {name for name in after if after[name] != before[name]} == {holder}
    assert set(seen) == {"200"}
    nodes[0].run("crm_resource", "--cleanup")
