"""The table of the cases of an evacuation: no case is forgotten."""

import re

from tests.conftest import ROOT
from tests.evacuation.cases import CASES
from tests.evacuation.conftest import by_logic


def in_the_box() -> set[int]:
    text = (ROOT / "tests/evacuation/test_evacuation.py").read_text()
    return {int(number) for number in re.findall(r"^def test_(\d\d)_", text, re.MULTILINE)}


def test_every_case_runs_in_the_box_or_says_why_not():
    """
    A case without a reason has a test there, and one with a reason has none.
    """
    assert sorted(CASES) == list(range(1, 53))
    assert {number for number, case in CASES.items() if not case.why} == in_the_box()


def test_every_case_that_the_box_cannot_run_is_tested_by_logic():
    """
    Except the one that no order of the evacuator depends on.
    """
    assert {number for number, case in CASES.items() if case.why} - by_logic() == {36}
