"""Is the evacuation of a node pending?"""

import pytest

from ocf_lib.cluster import pending

NOT_FINISHED = "the evacuation of cmp1 is not finished"


def test_nothing_is_pending_for_a_node_that_was_never_fenced(pacemaker, context):
    """
    Nor is it if another node was fenced, or if the fencing did not succeed.
    """
    pacemaker.fence("cmp2")
    pacemaker.fence("cmp1", status="failed")

    assert pending.of(context, "cmp1") is None


@pytest.mark.parametrize(
    "marker", ["", "pending 1700000000", "pending 1700000000 4e3b6f0e", "done 1600000000", "pending 1600000000", "yes"]
)
def test_a_fenced_node_waits_until_the_marker_says_done(pacemaker, context, marker):
    """
    The marker of an earlier fencing says nothing of this one.
    """
    pacemaker.fence("CMP1")
    if marker:
        pacemaker.markers["cmp1"] = marker

    assert pending.of(context, "cmp1").why == NOT_FINISHED
    assert pending.of(context, "cmp1").has_begun is marker.endswith("4e3b6f0e")


def test_a_marker_counts_if_the_history_is_gone(pacemaker, context):
    """
    The whole cluster was restarted, or somebody has cleaned the history up.
    """
    pacemaker.markers["cmp1"] = "pending 1700000000"

    assert pending.of(context, "cmp1").why == NOT_FINISHED


@pytest.mark.parametrize("number", [1_700_000_000, 1_699_999_998, 1_700_001_000])
@pytest.mark.parametrize("more", ["", " partial"])
def test_an_evacuation_that_is_done_is_not_pending(pacemaker, context, number, more):
    """
    The evacuator may have asked another fencer, whose number is another one.
    """
    pacemaker.fence("cmp1")
    pacemaker.markers["cmp1"] = f"done {number}{more}"

    assert pending.of(context, "cmp1") is None


@pytest.mark.parametrize("program", ["crm_attribute", "stonith_admin"])
def test_what_nobody_can_say_counts_as_pending(pacemaker, context, program):
    """
    The cluster is just starting, or a program is missing.
    """
    pacemaker.trouble[program] = (102, "Transport endpoint is not connected")

    assert pending.of(context, "cmp1").why == (
        f"nobody knows whether the evacuation of cmp1 is finished: the cluster cannot be asked: {program}:"
        " Transport endpoint is not connected"
    )


def test_without_the_name_of_the_node_nobody_can_say(pacemaker, context):
    """
    Pacemaker passes the name. crm_resource does not.
    """
    assert pending.of(context, "").why == "Pacemaker did not say which node this is"
    assert pacemaker.asked == []
