"""The history of fencing."""

from pathlib import Path

import pytest

from ocf_lib import errors
from ocf_lib.cluster import fencing

CAPTURED = Path(__file__).parent / "captured"


def test_each_entry_of_the_history_is_read(pacemaker, context):
    """
    Success, failure, and a fencing that is still going on, which has no time.
    """
    pacemaker.fence("cmp1", action="off")
    pacemaker.fence("cmp2", "2023-11-14 22:14:20Z", status="failed", by="")
    pacemaker.fence("cmp2", status="pending")

    assert [(one.target, one.action, one.status, one.completed, one.by) for one in fencing.history(context)] == [
        ("cmp2", "reboot", "pending", 0, "ctl1"),
        ("cmp2", "reboot", "failed", 1_700_000_060, "pacemaker-controld.7"),
        ("cmp1", "off", "success", 1_700_000_000, "ctl1"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-14 22:13:20Z",
        "2023-11-14 23:13:20 +01:00",
        "2023-11-14 18:43:20 -03:30",
        "2023-11-14 22:13:20.987654Z",
        "2023-11-14 23:13:20.000001 +01:00",
    ],
)
def test_the_time_of_a_fencing_has_a_zone(pacemaker, context, text):
    """
    Pacemaker 2.1 writes seconds, Pacemaker 3 their fractions, too. The zone is that of the node.
    """
    pacemaker.fence("cmp1", text)

    assert fencing.history(context)[0].completed == 1_700_000_000


def test_the_last_success_counts(pacemaker, context):
    """
    What failed, is going on, or gives the power back, kills no node. Upper and lower case are the same.
    """
    pacemaker.fence("CMP1")
    pacemaker.fence("cmp1", "2023-11-14 22:14:20Z")
    pacemaker.fence("cmp1", "2023-11-14 22:15:20Z", status="failed")
    pacemaker.fence("cmp1", "2023-11-14 22:16:20Z", action="on")
    pacemaker.fence("cmp1", status="pending")
    pacemaker.fence("cmp10", "2023-11-14 22:16:20Z")

    seen = fencing.history(context)
    assert fencing.last(seen, "Cmp1").completed == 1_700_000_060
    assert fencing.last(seen, "cmp2") is None


def test_what_a_person_confirmed_has_a_name(pacemaker, context):
    """
    "pcs stonith confirm" is a fencing by a human.
    """
    pacemaker.fence("cmp1", by="a human", action="off")

    assert fencing.history(context)[0].by == fencing.A_HUMAN


def test_an_empty_history_is_an_answer(pacemaker, context):
    """
    The cluster has fenced nobody since it started.
    """
    assert fencing.history(context) == ()


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (FileNotFoundError(2, "No such file or directory"), "stonith_admin: No such file or directory"),
        (TimeoutError("stonith_admin did not end in 10 s"), "stonith_admin: stonith_admin did not end in 10 s"),
        ((102, "Could not connect to fencer: Transport endpoint\n"), "stonith_admin: Could not connect to fencer: "),
        ((102, ""), "stonith_admin: exit status 102"),
    ],
)
def test_fencers_that_cannot_be_asked_are_no_empty_history(pacemaker, context, trouble, reason):
    """
    The caller gets Degraded, and knows nothing.
    """
    pacemaker.trouble["stonith_admin"] = trouble

    with pytest.raises(errors.Degraded, match=f"the cluster cannot be asked: {reason}"):
        fencing.history(context)


@pytest.mark.parametrize("text", ["", "<pacemaker-result", "<pacemaker-result><a></pacemaker-result>", "words"])
def test_an_answer_that_cannot_be_read_is_no_empty_history(pacemaker, context, text):
    """
    A program that prints nothing, or half of its answer, has not answered.
    """
    pacemaker.trouble["stonith_admin"] = (0, text or "\n")

    with pytest.raises(errors.Degraded, match="the answer of the cluster cannot be read: stonith_admin: "):
        fencing.history(context)


def test_a_time_that_cannot_be_read_is_no_old_fencing(pacemaker, context):
    """
    As second 0 it would be older than everything.
    """
    pacemaker.fence("cmp1", "Tue Nov 14 22:13:20 2023")

    with pytest.raises(errors.Degraded, match="completed='Tue Nov 14 22:13:20 2023'"):
        fencing.history(context)


def test_warnings_around_the_answer_do_no_harm(pacemaker, context):
    """
    The output holds what the program logs, too.
    """
    pacemaker.fence("cmp1")
    _, text = pacemaker.ask(["/usr/sbin/stonith_admin", "--history=*", "--verbose", "--output-as=xml"], 1)
    pacemaker.trouble["stonith_admin"] = (0, f"(log_fn) warning: <x>\n{text}(another) notice: bye\n")

    assert fencing.last(fencing.history(context), "cmp1").completed == 1_700_000_000


@pytest.mark.parametrize(
    ("world", "first", "last"),
    [
        ("fencing-pending", ("pending", 0), (1_796_034_210, "one")),
        ("fencing-failed", ("pending", 0), (1_796_034_210, "one")),
        ("confirmed-later", ("failed", 1_796_034_380), (1_796_034_361, fencing.A_HUMAN)),
    ],
)
def test_a_history_of_a_real_cluster(pacemaker, context, world, first, last):
    """
    What stonith_admin of Pacemaker 3.0.0 printed. A failure may come to its end after a success, and changes nothing.
    """
    text = (CAPTURED / f"history-trixie-remote-{world}.xml").read_text()
    pacemaker.trouble["stonith_admin"] = (0, text)
    seen = fencing.history(context)

    assert len(seen) == text.count("<fence_event ")
    assert (seen[0].status, seen[0].completed) == first
    found = fencing.last(seen, "four")
    assert (found.completed, found.by) == last
