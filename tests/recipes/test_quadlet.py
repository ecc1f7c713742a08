"""Keystone in a container of podman on two nodes: its unit is the recipe's quadlet, and Pacemaker runs it."""

from __future__ import annotations

import pytest

from tests.box import cluster as pacemaker
from tests.box import image, keystone
from tests.box.agent import install
from tests.box.machine import Box
from tests.services.test_container import LIMITS, SOURCE, STORAGE

from .typed import file, paste
from .units import Plane, Service

pytestmark = [pytest.mark.long, pytest.mark.skipif(image.RELEASE == image.OLDER, reason="its podman knows no quadlets")]
NAME, UNIT = "quadlet", "keystone.service"
KEYSTONE = Service("p_keystone", UNIT, "http://127.0.0.1:5000/v3")
# Nothing can be fetched here.  So the container's root is the node's own, with a layer above, and Keystone's SQLite beside.
IMAGE, ROOT = "Image=registry.example.org/keystone:2025.1\n", "Rootfs=/:O\nVolume=/var/lib/keystone:/var/lib/keystone\n"


@pytest.fixture(scope="module")
def plane():
    """The recipe on two nodes."""
    quadlet = file(NAME, "keystone.container")
    assert IMAGE in quadlet
    with Box(["one", "two"]) as box:
        for host in box.hosts:
            install(host)
            keystone.configure(host, cache=keystone.CACHE)
            host.put("/etc/containers/storage.conf", STORAGE)
            host.put("/etc/containers/containers.conf", LIMITS)
            host.put(SOURCE, quadlet.replace(IMAGE, ROOT))
            host.run("systemctl", "daemon-reload")
        keystone.bootstrap(box.hosts[0])
        keystone.copy(box.hosts[0], box.hosts[1:])
        pacemaker.form(box.hosts)
        paste(box.hosts[0], file(NAME, "pcs.sh"))
        made = Plane(box.hosts, (KEYSTONE,))
        made.up()
        yield made


def test_it_is_a_container(plane):
    """
    On both nodes the daemon lives in a group of podman below the unit's.
    """
    for host in plane.nodes:
        (first, *_) = keystone.daemons(host)
        assert f"/{UNIT}/libpod-payload-" in host.group(first)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["pkill", "-KILL", "-o", "-f", "^/usr/bin/uwsgi"], id="keystone-killed"),
        pytest.param(["pkill", "-KILL", "-x", "conmon"], id="conmon-killed"),
        pytest.param(["pkill", "-STOP", "-f", "^/usr/bin/uwsgi"], id="keystone-hangs"),
    ],
)
def test_a_container_of_one_node_is_restarted(plane, command):
    """
    Pacemaker restarts the unit on its node; the container of the other node goes on, and nobody loses power.
    """
    plane.restarted_by(plane.nodes[1], UNIT, command)
