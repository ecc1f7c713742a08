"""The marker at a node."""

import pytest

from ocf_lib import errors
from ocf_lib.cluster import cib, marker
from ocf_lib.cluster.marker import Marker

UUID = "4e3b6f0e-3b3c-4b7a-9d6c-111111111111"
MARKERS = {
    "pending 1700000000": Marker(state="pending", fencing=1_700_000_000),
    f"pending 1700000000 {UUID}": Marker(state="pending", fencing=1_700_000_000, service=UUID),
    f"done 1700000000 {UUID}": Marker(state="done", fencing=1_700_000_000, service=UUID),
    f"done 1700000000 {UUID} partial": Marker(state="done", fencing=1_700_000_000, service=UUID, partial=True),
    "done 1700000000 partial": Marker(state="done", fencing=1_700_000_000, partial=True),
}


@pytest.mark.parametrize("text", MARKERS)
def test_a_marker_is_a_line_of_words(text):
    """
    It reads back as it was written.
    """
    assert marker.parse(text).text == text
    assert repr(marker.parse(text)) == repr(MARKERS[text])


@pytest.mark.parametrize(
    "text", ["", "done", "yes", "done x", "done -1", "done \u0663", "doing 1700000000", "done " + "9" * 99]
)
def test_anything_else_is_no_marker(text):
    """
    Somebody has set the attribute by hand.
    """
    assert marker.parse(text) is None


def test_the_marker_is_an_attribute_of_the_node_in_the_cluster(pacemaker, context):
    """
    Whoever reads the CIB sees it.
    """
    marker.write(context, "cmp1", Marker(state="pending", fencing=7))
    assert cib.read(context).node("cmp1").marker == "pending 7"
    assert marker.read(context, "cmp1").fencing == 7
    assert marker.read(context, "cmp2") is None


def test_warnings_before_the_marker_do_no_harm(pacemaker, context):
    """
    The output holds what the program logs, too.
    """
    pacemaker.trouble["crm_attribute"] = (0, "(fn) warning: one\ndone 7\n")

    assert marker.read(context, "cmp1").text == "done 7"


def test_a_cluster_that_takes_no_marker_says_so(pacemaker, context):
    """
    Without the marker there is no evacuation, so the caller has to know.
    """
    pacemaker.trouble["crm_attribute"] = (105, "crm_attribute: No such device or address\n")

    with pytest.raises(errors.Degraded, match="crm_attribute: No such device or address"):
        marker.write(context, "cmp1", Marker(state="done", fencing=7))


def test_one_fencing_has_two_numbers_at_two_nodes():
    """
    Each fencer writes down its own time, so a difference of seconds is no other fencing.
    """
    mark = Marker(state="done", fencing=1_700_000_000)

    assert mark.covers(1_699_999_000)
    assert mark.covers(1_700_000_003)
    assert not mark.covers(1_700_000_030)
