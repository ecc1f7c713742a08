"""Keystone and Horizon in one Apache, and Placement as a unit of its own, on two nodes."""

from __future__ import annotations

import pytest

from tests.box import cluster as pacemaker
from tests.box import keystone
from tests.box.agent import install
from tests.box.cloud import shrink
from tests.box.machine import Box
from tests.box.settings import TOKENS

from .typed import commands, file, paste
from .units import Plane, Service

pytestmark = pytest.mark.long
NAME = "web-server"
SERVICES = (
    Service("p_keystone", "apache2.service", "http://127.0.0.1:5000/v3"),
    Service("p_horizon", "apache2.service", "http://localhost/horizon/auth/login/"),
    Service("p_placement", "placement-api.service", "http://127.0.0.1:8778/"),
)
SQLITE = "[placement_database]\nconnection = sqlite:////var/lib/placement/placement.sqlite\n"


@pytest.fixture(scope="module")
def plane():
    """The recipe on two nodes, with SQLite for each service."""
    with Box([]) as box:
        for name in ("one", "two"):
            host = box.add(name, "cloud")
            install(host)
            shrink(host)
            keystone.configure(host, cache=keystone.CACHE)
            host.put("/etc/placement/placement.conf", f"[api]\nauth_strategy = keystone\n{SQLITE}{TOKENS}", 0o640,
                     "root:placement")  # fmt: skip
            host.run("su", "-s", "/bin/sh", "placement", "-c", "placement-manage db sync", timeout=300)
            host.put(
                "/etc/openstack-dashboard/local_settings.d/_99_box.py",
                "OPENSTACK_KEYSTONE_URL = 'http://127.0.0.1:5000/v3'\n"
                "SESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'\n",
            )
            host.put("/etc/apache2/sites-available/keystone.conf", file(NAME, "keystone.conf"))
        one, two = box.hosts
        one.put("/etc/hosts", two.read("/etc/hosts"))
        keystone.bootstrap(one)
        keystone.copy(one, [two])
        for host in box.hosts:
            paste(host, "\n".join(commands(NAME, "On every node")))
        pacemaker.form(box.hosts)
        paste(one, file(NAME, "pcs.sh"))
        made = Plane(box.hosts, SERVICES)
        made.up()
        yield made


KILLED = ["systemctl", "kill", "--kill-whom=main", "--signal=KILL"]
HANGS = ["systemctl", "kill", "--signal=STOP"]


@pytest.mark.parametrize(
    ("unit", "command"),
    [
        pytest.param("apache2.service", KILLED, id="apache-killed"),
        pytest.param("placement-api.service", KILLED, id="placement-killed"),
        pytest.param("placement-api.service", HANGS, id="placement-hangs"),
    ],
)
def test_a_unit_of_one_node_is_restarted(plane, unit, command):
    """
    With it, Pacemaker restarts all its services. The other unit and the other node go on, and nobody loses power.
    """
    plane.restarted_by(plane.nodes[1], unit, [*command, unit])
