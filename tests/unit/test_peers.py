"""What the comparison of the evacuators makes of what the oracle has seen."""

import pytest

from tests.evacuation import peers


def seen(at, what, uuid, host):
    """One line of the oracle."""
    return {"at": at, "what": what, "uuid": uuid, "host": host}


BEFORE = [seen(1, "begin", uuid, "four") for uuid in "ab"]
ENDS = [seen(10.04, "end", uuid, "four") for uuid in "ab"]


def run(seconds=60.0, lost=0, doubled=0):
    """One run, as the record has it."""
    return {"seconds": seconds, "lost": lost, "doubled": doubled}


def test_the_time_ends_when_the_last_instance_runs_again():
    """
    The guests of before the power cut do not count, although the oracle sees their end a moment later.
    """
    events = [*BEFORE, *ENDS, seen(40, "begin", "a", "five"), seen(50, "begin", "b", "six")]

    assert peers.all_run(events, ["a", "b"], 10.0) == 40.0
    assert peers.all_run(events[:-1], ["a", "b"], 10.0) is None


def test_a_guest_that_has_ended_again_does_not_count():
    """
    All instances have to run at the same moment.
    """
    events = [*BEFORE, *ENDS, seen(40, "begin", "a", "five"), seen(45, "end", "a", "five")]
    events += [seen(50, "begin", "b", "six"), seen(70, "begin", "a", "six")]

    assert peers.all_run(events, ["a", "b"], 10.0) == 60.0


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (60.0, 300.0, "met: 60 s, and 300 s with Masakari"),
        (60.0, None, "met: 60 s, and never with Masakari"),
        (400.0, 300.0, "missed: 400 s, and 300 s with Masakari"),
        (None, None, "missed: never, and never with Masakari"),
    ],
)
def test_the_goal_of_time_is_the_fastest_peer(ours, theirs, said):
    """
    A peer that never finishes is slower than any time, and we may not be that slow.
    """
    runs = {"ours": {"power-100": [run(ours)]}, "masakari": {"power-100": [run(theirs)]}}

    assert peers._goals(runs)[-1][-1] == said


def test_one_doubled_instance_misses_the_goal():
    """
    The worst run counts.
    """
    rows = peers._goals({"ours": {"killed": [run(), run(doubled=1)]}})

    assert [row[-1] for row in rows[:-1]] == ["missed: 1 at worst", "met"]


def test_a_goal_of_time_without_a_run_is_open():
    """
    A run that did not come to its end says nothing, and the page must not leave the goal out.
    """
    rows = peers._goals({"masakari": {"power-100": [run(300.0)]}})

    assert rows[-1][-1] == "open: too few runs came to their end"


@pytest.mark.parametrize(("more", "mended"), [(True, 1), (False, 0)])
def test_the_stand_is_mended_only_for_a_further_run(monkeypatch, more, mended):
    """
    Mending takes minutes, and the stand is thrown away after the last run.
    """

    class Stand:
        times = 0

        def mend(self):
            self.times += 1

    monkeypatch.setattr(peers, "perform", lambda *_: run())
    monkeypatch.setattr(peers, "keep", lambda *_: None)
    stand, record = Stand(), {"runs": {}, "unfinished": []}

    assert peers.one(stand, record, "ours", "early", more=more)
    assert stand.times == mended
    assert record["runs"] == {"ours": {"early": [run()]}}
