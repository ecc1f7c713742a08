"""What the box promises of its hosts."""

from __future__ import annotations

import pytest

from tests.box import BoxError, machine
from tests.box.machine import NETNS, sh

TIMES = 5


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
