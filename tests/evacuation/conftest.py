"""Writes docs/evacuation-cases.md from the last run of each case, if it is asked for (make test-evacuation)."""

from __future__ import annotations

import os
import platform
import re
import time

import pytest

from tests.box import image
from tests.conftest import ROOT
from tests.record import keep, load

from .cases import CASES

_PAGE = ROOT / "docs/evacuation-cases.md"
_RECORD = ROOT / "build/evacuation-cases.json"
_NUMBER = re.compile(r"::test_(\d\d)_")
_BY_LOGIC = re.compile(r"def test_cases?_(\d+)(?:_and_(\d+))?_")
_HEAD = """\
# Every case of an evacuation

`make test-evacuation` runs these cases with a real Nova and a real Pacemaker, and writes this page. Each instance is a process.
An oracle outside the hosts looks 20 times a second whether any instance has two. A case is "as expected" only if none had two,
none got a second order while one was in flight, and the evacuator's monitors returned nothing but 0 and 190.
Monitors that the case itself killed do not count.

"by logic": tests/unit/evacuation runs the case with a small Nova inside the test, so it has no timing of a real machine.

"""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Note the result of each case."""
    report = (yield).get_result()
    number = _NUMBER.search(item.nodeid)
    if number:
        seen = item.config.stash.setdefault(_SEEN, {}).setdefault(int(number[1]), [])
        if report.failed or (report.when == "call" and report.passed):
            seen.append((report.passed, call.duration))


_SEEN: pytest.StashKey[dict] = pytest.StashKey()


def pytest_sessionfinish(session):
    """Enter the cases of this run into the record, and write the page from it."""
    seen = session.config.stash.get(_SEEN, {})
    if session.config.getoption("page") and seen:
        record = load(_RECORD, {})
        when = f"{time.strftime('%Y-%m-%d', time.gmtime())}, {image.RELEASE}"
        record.update({str(number): {"when": when, "results": results} for number, results in seen.items()})
        keep(_RECORD, record)
        rows = [
            f"| {number} | {case.what} | {case.expected} | {_said(number, record.get(str(number)))} |"
            for number, case in CASES.items()
        ]
        table = "| # | what happens | what has to follow | seen |\n|---|---|---|---|\n" + "\n".join(rows)
        runs = sum(len(last["results"]) for last in record.values())
        where = (
            f"The last run of each case: {runs} tests of {len(record)} cases,"
            f" on {os.cpu_count()} processors, {platform.system()}.\n"
        )
        _PAGE.write_text(f"{_HEAD}{where}\n{table}\n")


def _said(number: int, last: dict | None) -> str:
    if last:
        took = max(seconds for _, seconds in last["results"])
        passed = all(passed for passed, _ in last["results"])
        return f"{f'as expected, in {took:.0f} s' if passed else '**failed**'} ({last['when']})"
    logic = "by logic" if number in by_logic() else "not tested"
    return f"{logic}: {CASES[number].why}" if CASES[number].why else f"**did not run** ({logic})"


def by_logic() -> set[int]:
    """The cases that the unit tests run."""
    text = "".join(path.read_text() for path in (ROOT / "tests/unit/evacuation").glob("test_*.py"))
    return {int(number) for found in _BY_LOGIC.findall(text) for number in found if number}
