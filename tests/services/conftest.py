"""The cloud, and the table of verdicts at the end."""

from __future__ import annotations

import pytest

from . import life, tested, times


@pytest.fixture(scope="session")
def verdicts(request):
    """{service: {case: (code seen, what was said)}}; printed when the run ends."""
    seen: dict[str, dict[str, tuple[str, str]]] = {}
    request.config.stash[life.VERDICTS] = seen
    return seen


def pytest_sessionfinish(session):
    seen = session.config.stash.get(life.VERDICTS, {})
    if seen and session.config.getoption("--page"):
        tested.write(seen, life.VERSIONS)
        times.write(life.TIMES, life.VERSIONS)


def pytest_terminal_summary(terminalreporter, config):
    """Print what every agent was expected to say, and what it said."""
    seen = config.stash.get(life.VERDICTS, {})
    if not seen:
        return
    terminalreporter.section("verdicts: what was seen (what was expected, where that differs)")
    cases = [
        *life.LIFE,
        "broker",
        "broker-empty",
        "broker back",
        "database",
        "database back",
        "keystone",
        "keystone back",
    ]
    for number, case in enumerate(cases, 1):
        terminalreporter.line(f"{number:3}  {case}")
    terminalreporter.line(f"{'':26}" + "".join(f"{number:>5}" for number in range(1, len(cases) + 1)))
    for name, verdicts in seen.items():
        cells = []
        for case in cases:
            if case not in verdicts:
                cells.append("    -")
                continue
            code = verdicts.get(case, ("-", ""))[0]
            # What test_tomorrow.py adds to the name says how the daemon ran.
            wanted = "0" if case.endswith(" back") else life.expected(name.partition(",")[0], case)
            cells.append(f"{code:>5}" if code == wanted else f" {code}({wanted})")
        terminalreporter.line(f"{name:26}" + "".join(cells))
