"""What the report on failover makes of a client's requests and of the nodes' logs."""

import pytest

from tests.failover import page, story
from tests.failover.goals import GOALS
from tests.failover.stand import CLONE, WITHOUT_GATE, commands

CLIENT = """\
100.00 100.01 200
100.02 100.04 200
100.06 101.20 200
100.04 100.05 refused
101.18 101.30 200
"""
LOG = [
    "99.9 one corosync[507]:   [TOTEM ] A processor failed, forming new configuration: token timed out (3650ms)",
    "102.5 one corosync[507]:   [TOTEM ] A processor failed, forming new configuration: token timed out (3650ms)",
    "105.0 three corosync[470]:   [TOTEM ] A new membership (1.d) was formed. Members left: 2",
    "105.2 one pacemaker-controld[523]:  notice: Requesting fencing (reboot) targeting node two",
    "105.6 one pacemaker-fenced[519]:  notice: Operation 'reboot' targeting two by one for pacemaker-controld.523@one: OK (Done)",
    "105.7 one pacemaker-controld[523]:  notice: Result of start operation for gate on one: OK",
    "105.9 one pacemaker-controld[523]:  notice: Result of start operation for vip on one: OK",
]


def test_an_outage_is_the_longest_time_between_two_answers():
    """
    A request that fails meanwhile neither shortens it nor counts as an answer; one that was repeated is late.
    """
    seen = story.client(story.requests(CLIENT, 100.0))

    assert seen["outage"] == pytest.approx(1.16)
    assert (seen["requests"], seen["failed"], seen["outcomes"], seen["late"]) == (5, 1, {"refused": 1}, 1)


def test_a_run_without_an_answer_is_no_run():
    """
    A client that nobody answered measures nothing.
    """
    with pytest.raises(ValueError, match="0 of 1 requests were answered"):
        story.client(story.requests("100.0 105.0 timeout", 100.0))


def test_the_log_tells_where_the_time_went():
    """
    What was logged before the fault does not count, and the shares make up the whole outage. Keystone had no start.
    """
    marks = story.marks(LOG, 100.0)
    shares = page.shares({"marks": marks, "outage until": 6.0})

    assert {name: share if share is None else round(share, 3) for name, share in shares.items()} == {
        "corosync's token": 2.5,
        "corosync's consensus": 2.5,
        "Pacemaker decides": 0.2,
        "fencing": 0.4,
        "address": 0.3,
        "start of Keystone": None,
        "first answer": 0.1,
    }


@pytest.mark.parametrize(
    ("key", "run", "met"),
    [
        ("move", {"failed": 0}, [True]),
        ("move", {"failed": 1}, [False]),
        ("kill-single", {"outage": 2.3, "bare daemon": 2.0}, [True]),
        ("kill-single", {"outage": 2.5, "bare daemon": 2.0}, [False]),
        ("power", {"outage": 6.0, "marks": story.marks(LOG, 100.0)}, [False, True]),
    ],
)
def test_a_goal_is_met_or_missed(key, run, met):
    """
    One lost request misses the goal of planned work; corosync's consensus is no part of its token time.
    """
    assert [goal.excess(run) <= 0 for goal in GOALS if goal.key == key] == met


def test_without_the_gate_the_rest_of_the_recipe_stays():
    """
    What is measured without the gate differs in nothing else.
    """
    without = commands(WITHOUT_GATE)

    assert "lsb:openstack-gate" not in without
    assert len(commands(CLONE).splitlines()) - len(without.splitlines()) == 4
