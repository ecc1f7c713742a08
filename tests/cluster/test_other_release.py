"""A short piece on the release of Debian that the other tests do not run on: the package, Keystone's life, the paper's line."""

from __future__ import annotations

import pytest

from tests.box import cluster as pacemaker
from tests.box import image, keystone
from tests.box.agent import DIRECTORY, Agent, install
from tests.box.cluster import degraded, settled, started
from tests.box.machine import wait_for
from tests.services.life import LIFE, Life, expected

URL = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def other(box):
    """A host of the other release with the package, and Keystone on MariaDB."""
    host = box.add("other", release=image.OTHER)
    install(host)
    host.run("systemctl", "start", "mariadb")
    host.run("mariadb", input=keystone.CREATE)
    keystone.configure(host, keystone.MARIADB, keystone.CACHE)
    keystone.bootstrap(host, f"{URL}/v3")
    yield host
    host.off()


def test_the_life_of_keystone(other):
    """
    Every case of tests/services ends as it does on this release.
    """
    seen = {}
    life = Life(other, "keystone", seen)
    life.start()
    life.live()
    try:
        wrong = {
            case: seen["keystone"][case] for case in LIFE if seen["keystone"][case][0] != expected("keystone", case)
        }
        assert wrong == {}
    finally:
        assert life.agent("stop").code == 0


@pytest.fixture(scope="module")
def admin(other):
    """The only node of a cluster."""
    pacemaker.form([other])
    return other


def test_the_line_from_the_paper(admin):
    """
    Old parameters, a v2.0 URL, one line: Keystone runs, a crash is noticed, and a wrong password restarts nothing.
    """
    admin.run(
        "sh", "-c",
        'pcs resource create p_keystone ocf:openstack:keystone config="/etc/keystone/keystone.conf" os_password="secret" '
        f'os_username="admin" os_tenant_name="admin" os_auth_url="{URL}/v2.0/" '
        'op monitor interval="30s" timeout="30s"',
    )  # fmt: skip
    started(admin)
    settled(admin)
    agent = Agent(admin, "keystone", "p_keystone")
    first = agent.pid
    admin.run("kill", "-KILL", str(first))
    wait_for(
        lambda: pacemaker.fail_count(admin, "p_keystone", admin.name) == 1, 60, "the crash to be noticed", pause=0.2
    )
    started(admin)
    settled(admin)
    second = agent.pid
    assert second != first

    admin.run("pcs", "resource", "update", "p_keystone", "os_password=not-this")
    reason = wait_for(lambda: degraded(admin), 90, "the monitor to be degraded", pause=0.5)
    assert reason.startswith(f"keystone: {URL}/v3 refuses user admin: 401")
    assert reason in admin.run("pcs", "status").stdout
    admin.run("pcs", "resource", "update", "p_keystone", "os_password=secret")
    wait_for(lambda: not degraded(admin), 90, "the monitor to be well again", pause=0.5)
    assert agent.pid == second
    # Some releases forget the crash when a parameter changes; none may count more.
    assert pacemaker.fail_count(admin, "p_keystone", admin.name) <= 1


def test_the_package_goes_without_a_trace(admin):
    """
    After its resource, the package is removed; nothing of it stays, neither agents nor byte code.
    """
    admin.run("pcs", "resource", "delete", "p_keystone", timeout=180)
    wait_for(lambda: keystone.daemons(admin) == [], 60, "keystone to end")
    admin.run("dpkg", "--purge", "resource-agents-openstack")
    left = admin.run("find", DIRECTORY, "/usr/lib/ocf/lib/openstack", check=False).stdout
    assert left == ""
