"""What the box promises of its hosts."""

from __future__ import annotations

import pytest

from tests.box import BoxError, image, machine
from tests.box.machine import NETNS, sh

TIMES = 5
GROUPS = "/sys/fs/cgroup"


@pytest.fixture
def spare(box):
    """A host that no other test uses."""
    name = "spare"
    known = {host.name: host for host in box.hosts}
    host = known.get(name) or box.add(name)
    host.boot()
    yield host
    host.off()


def test_off_and_on_again_at_once(spare):
    """
    Each time another system comes up on the same disk, with its cable plugged in.
    """
    spare.put("/root/note", "kept\n")
    seen = set()
    for _ in range(TIMES):
        spare.off()
        assert spare.pid is None
        spare.boot()
        seen.add(spare.pid)
        assert spare.read("/root/note") == "kept\n"
        spare.run("ping", "-c", "1", "-W", "30", machine.OUTSIDE)
    assert len(seen) == TIMES


def test_an_old_cable_is_in_nobodys_way(spare):
    """
    The kernel removes a dead host's cable when it gets round to it, and that may be after the host is wanted again.
    """
    for _ in range(TIMES):
        spare.off()
        sh("ip", "-n", NETNS, "link", "add", f"port-{spare.name}", "type", "bridge")
        spare.boot()
        spare.run("ping", "-c", "1", "-W", "30", machine.OUTSIDE)


def test_a_host_that_does_not_boot_is_off(spare, monkeypatch):
    """
    Nobody takes half a host for a whole one: the next one who wants it turns it on.
    """
    spare.off()

    def torn(*command, **more):
        if "add" in command:
            raise BoxError("torn")
        return sh(*command, **more)

    with monkeypatch.context() as broken:
        broken.setattr(machine, "sh", torn)
        with pytest.raises(BoxError, match="torn"):
            spare.boot()
    assert spare.pid is None
    spare.boot()
    spare.run("ping", "-c", "1", "-W", "30", machine.OUTSIDE)


@pytest.fixture(scope="module", params=[(image.OLDER, "v1"), (image.OLDER, "v2"), (image.NEWER, "v2")], ids="-".join)
def other(box, request):
    """A host of each version of Debian and of control groups."""
    release, groups = request.param
    # The name of its cable, "port-" and this, has at most 15 characters.
    host = box.add(f"{release}{groups}", release=release, groups=groups)
    yield host
    host.off()


MOUNTED = {"v1": {"": "tmpfs", "/systemd": "cgroup", "/unified": "cgroup2"}, "v2": {"": "cgroup2"}}
"""The file systems of control groups, below /sys/fs/cgroup."""


def test_the_version_of_control_groups(other):
    """
    A host has the version that it was asked for, and no group of the machine: nothing of another host, nothing that stays.
    """
    mounts = [line.split() for line in other.run("cat", "/proc/1/mounts").stdout.splitlines()]
    below = {place.removeprefix(GROUPS): kind for _, place, kind, *_ in mounts if place.startswith(GROUPS)}
    assert below == MOUNTED[other.groups]
    other.run("systemd-run", "--unit=sleeper", "sleep", "1000")
    pid = other.run("systemctl", "show", "-P", "MainPID", "sleeper").stdout.strip()
    for place, kind in below.items():
        if kind != "tmpfs":
            assert other.run("cat", f"{GROUPS}{place}/system.slice/sleeper.service/cgroup.procs").stdout.split() == [
                pid
            ]
            version = "v2" if kind == "cgroup2" else "v1"
            assert (
                machine.STATE / f"cgroup-{version}/openstack-ra-box/{other.name}/system.slice/sleeper.service"
            ).exists()


def test_a_scope_takes_what_the_runner_starts(other):
    """
    A command of the runner begins outside the host's groups. systemd puts it into a scope, and then it is inside in all.
    """
    seen = other.run("systemd-run", "--quiet", "--scope", "--unit=taken", "cat", "/proc/self/cgroup").stdout
    assert any(line.endswith(":/system.slice/taken.scope") for line in seen.splitlines())
    assert "/.." not in seen
