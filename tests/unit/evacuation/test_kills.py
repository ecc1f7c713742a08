"""Case 22 and invariant I5: a pass may be killed at any instruction, and changes nothing but time.

The pass is killed at every call to the cluster and to Nova in turn, before the
call and after it.  Another incarnation goes on, here or on another controller.
"""

from __future__ import annotations

import pytest

from .conftest import Killed, World


def story(made: World) -> None:
    """A power cut, the evacuation, and the return of the host."""
    made.nova.boot("cmp1", 2)
    made.nova.boot("cmp1", 1, vm="stopped", power=4)
    made.die("cmp1")
    made.pass_time(400, lambda: made.is_done("cmp1"))
    made.nova.power_on("cmp1")
    made.cluster.returns("cmp1")
    made.pass_time(20)
    made.cluster.change("cmp1", is_held=False)
    made.nova.start_compute("cmp1")
    made.pass_time(300, lambda: made.mark("cmp1").count(" ") == 1)


def survived(made: World, elsewhere: bool) -> None:
    """Let the story be told, with the kill in it, and the next incarnation after it."""
    kills = 0
    deeds = [
        lambda: made.pass_time(600, lambda: made.is_done("cmp1")),
        lambda: (made.nova.power_on("cmp1"), made.cluster.returns("cmp1")),
        lambda: made.pass_time(20),
        lambda: (made.cluster.change("cmp1", is_held=False), made.nova.start_compute("cmp1")),
        lambda: made.pass_time(600, lambda: made.mark("cmp1").count(" ") == 1),
    ]
    for deed in deeds:
        try:
            deed()
        except Killed:
            made.is_killed, made.kill_at, kills = False, None, kills + 1
            if elsewhere:
                made.machine.files.clear()
                made.begin()
            made.machine.sleep(10)
            deed()
    assert kills == 1


def calls_of_the_story(monkeypatch, keystone) -> tuple[int, int]:
    made = World(monkeypatch, keystone)
    made.begin()
    first = made.calls
    story(made)
    return first, made.calls


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after it"])
def test_case_22_a_pass_is_killed_at_any_call(monkeypatch, keystone, after, elsewhere):
    """
    Each instance is ordered once and runs once, the stopped one stays stopped, and the host serves again.
    """
    first, last = calls_of_the_story(monkeypatch, keystone)
    assert last - first > 100
    # Each call of the beginning, and every seventh of the long wait after it.
    for kill_at in (*range(first + 1, first + 60), *range(first + 60, last, 9)):
        made = World(monkeypatch, keystone)
        made.begin()
        made.nova.boot("cmp1", 2)
        (stopped,) = made.nova.boot("cmp1", 1, vm="stopped", power=4)
        made.die("cmp1")
        made.kill_at, made.kills_after = kill_at, after

        survived(made, elsewhere)

        assert made.nova.wrongs == [], kill_at
        assert sorted(made.posts) == sorted(made.nova.servers), kill_at
        assert made.nova.where("cmp1") == [], kill_at
        assert made.nova.servers[stopped]["vm"] == "stopped", kill_at
        row = made.nova.row("cmp1")
        assert (row["forced_down"], row["status"]) == (False, "enabled"), kill_at
