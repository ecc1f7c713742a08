"""The cases of the fault matrix that logic alone decides, each with its number."""

from __future__ import annotations

from ocf_lib.codes import SUCCESS


def test_case_1_a_power_cut(world):
    """
    Five that run, two that are stopped and one in ERROR: all are moved, the stopped ones stay stopped, the reason is empty.
    """
    world.nova.boot("cmp1", 5)
    stopped = world.nova.boot("cmp1", 2, vm="stopped", power=4)
    world.nova.boot("cmp1", 1, vm="error")
    world.die("cmp1")

    seen = world.pass_time(300, lambda: world.is_done("cmp1"))

    assert (seen.code, seen.reason) == (SUCCESS, "")
    assert world.nova.where("cmp1") == []
    assert len(world.posts) == 8
    assert {world.nova.servers[key]["vm"] for key in stopped} == {"stopped"}
    assert world.nova.row("cmp1")["forced_down"]
    assert world.nova.row("cmp1")["disabled_reason"].startswith("openstack-ra evacuation ")
    assert "partial" not in world.mark("cmp1")
