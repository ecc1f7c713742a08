"""A test of the cluster that fails shows what every node logged while it ran."""

from __future__ import annotations

import pytest

from tests.box import cluster as pacemaker
from tests.box import keystone, trace
from tests.box.agent import Agent
from tests.box.cluster import settled, started
from tests.box.keystone import daemons
from tests.box.machine import VIP, wait_for

PASSWORD = keystone.ADMIN_PASSWORD
CREDENTIALS = (
    f"os_password={PASSWORD} os_username=admin os_tenant_name=admin os_auth_url=http://{VIP}:5000/v2.0/"
).split()

# Pacemaker's log, without the debugging that nobody asked for; the agents log into it as well.
LOG = "/var/log/pacemaker/pacemaker.log"
LINES = 120


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Add the end of each node's log to the report of a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when == "call":
        for host in item.funcargs.get("cluster", ()):
            if host.pid is not None:
                report.sections.append((f"log of {host.name}", "\n".join(noteworthy(host))))


def noteworthy(host) -> list[str]:
    """The last lines of a node's log that are more than information."""
    words = ("notice: ", "warning: ", "error: ", "(keystone)", "(keystone-")
    return [line for line in host.read(LOG).splitlines() if any(word in line for word in words)][-LINES:]


@pytest.fixture
def admin(cluster):
    """The node at which the administrator types; afterwards no resource but the power switch is left."""
    node = cluster[0]
    for host in cluster:
        host.run("rm", "-f", trace.FILE)
    yield node
    for host in cluster:
        wait_for(lambda host=host: is_back(host, node), 150, f"{host.name} to come back", pause=1)
    for resource in ("p_keystone", "p_keystone-clone", "vip"):
        node.run("pcs", "resource", "delete", resource, "--force", check=False)
    # A clean-up in the middle of the stops would make Pacemaker forget what it has not stopped yet.
    settled(node)
    node.run("crm_resource", "--cleanup")
    for host in cluster:
        wait_for(lambda host=host: daemons(host) == [], 60, f"keystone to leave {host.name}")
        assert host.run("sh", "-c", "ls /run/resource-agents | grep p_keystone.pid", check=False).stdout == ""


def is_back(host, node) -> bool:
    """Help a host back into the cluster; it may yet be fenced once more."""
    if host.pid is None:
        host.boot()
    if host.name in pacemaker.online(node):
        return True
    if host.run("systemctl", "is-active", "pacemaker", check=False).returncode != 0:
        host.run("pcs", "cluster", "start", check=False)
    return False


def main_pid(host) -> int:
    return int(host.read("/run/resource-agents/p_keystone.pid"))


@pytest.fixture
def clone(cluster, admin):
    """Keystone as a clone on every node, monitored each second."""
    admin.run(
        "pcs", "resource", "create", "p_keystone", "ocf:openstack:keystone", *CREDENTIALS, "trace_ra=1",
        f"trace_file={trace.FILE}", "op", "monitor", "interval=1s", "timeout=60s", "clone",
    )  # fmt: skip
    started(admin, copies=3)
    settled(admin)
    return cluster


@pytest.fixture(scope="session")
def lone(cloud):
    """A cluster of the one node that has every service; Keystone is its unit's, as the distribution has it."""
    for name in ("p_keystone", "keystone"):
        assert Agent(cloud, "keystone", name)("stop").code == 0
    cloud.run("systemctl", "start", "mariadb", "rabbitmq-server", "memcached", "openvswitch-switch")
    pacemaker.form([cloud])
    return cloud
