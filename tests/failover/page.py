"""The report: docs/failover.md and its pictures, made from the record alone."""

from __future__ import annotations

import os
import platform
import statistics
from pathlib import Path
from typing import Callable

from tests.conftest import ROOT

from . import bench, picture, story
from .client import PATIENCE, PERIOD
from .faults import FAULTS, Fault
from .goals import GOALS

DOCS = ROOT / "docs"
_KEYSTONE, _ADDRESS = "Keystone is started", "the address is there"
_DAEMON = ("kill", "hang", "kill-single")
_NODE = ("power", "cable", "power-single")
# Each share ends with this line of the log, and begins where the one before it ended.
SHARES = (
    ("corosync's token", "corosync misses the node"),
    ("corosync's consensus", "corosync agrees without it"),
    ("Pacemaker decides", "fencing begins"),
    ("fencing", "fencing ends"),
    ("address", _ADDRESS),
    ("start of Keystone", _KEYSTONE),
    ("first answer", "outage until"),
)


def detection(key: str, run: dict) -> float | None:
    """Seconds from the fault until Pacemaker or corosync has noticed; None for planned work."""
    name = "Pacemaker knows" if key in _DAEMON else "corosync misses the node" if key in _NODE else ""
    return run["marks"].get(name)


def recovery(key: str, run: dict) -> float:
    """Seconds until Pacemaker has put right what the fault broke, or until planned work is done."""
    if key in _DAEMON:
        return run["marks"].get(_KEYSTONE, run["cluster took"])
    if key in _NODE:
        return max(run["marks"].get(name, 0.0) for name in (_ADDRESS, _KEYSTONE)) or run["cluster took"]
    return run["cluster took"]


def shares(run: dict) -> dict[str, float | None]:
    """Where the time went, from the fault to the first answer; None if no line of a log tells the end of a share.

    The next share has that time, too.
    """
    ends = {**run["marks"], "outage until": run["outage until"]}
    found: dict[str, float | None] = {}
    before = 0.0
    for name, mark in SHARES:
        if mark not in ends:
            found[name] = None
            continue
        end = min(ends[mark], run["outage until"])
        found[name] = max(0.0, end - before)
        before = max(before, end)
    return found


def line(key: str, run: dict) -> str:
    """A run in one line, for whoever waits."""
    lost = " ".join(f"{number} {word}" for word, number in run["outcomes"].items())
    return (
        f"{key}: outage {run['outage']:.2f} s, {run['failed']} of {run['requests']} failed {lost},"
        f" {run['late']} late, slowest {run['slowest']:.2f} s, load {run['load']:.1f}"
    )


def _pair(values: list[float | None], digits: int = 2) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.{digits}f} / {max(known):.{digits}f}" if known else "-"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table as Markdown has it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(key: str, fault: Fault, runs: list[dict]) -> list[str]:
    def column(ask: Callable[[dict], float | None], digits: int = 2) -> str:
        return _pair([ask(run) for run in runs], digits)

    loads = [run["load"] for run in runs]
    return [
        fault.title,
        str(len(runs)),
        f"{min(loads):.1f} to {max(loads):.1f}",
        column(lambda run: detection(key, run)),
        column(lambda run: recovery(key, run), 1),
        column(lambda run: run["outage"]),
        f"{column(lambda run: run['failed'], 0)} of {statistics.median(run['requests'] for run in runs):.0f}",
        column(lambda run: run["late"], 0),
        column(lambda run: run["slowest"]),
    ]


def _goals(runs: dict[str, list[dict]]) -> list[list[str]]:
    rows = []
    for goal in GOALS:
        over = [goal.excess(run) for run in runs.get(goal.key, ())]
        over = [value for value in over if value is not None]
        if over:
            met = sum(value <= 0 for value in over)
            verdict = "met" if met == len(over) else f"missed by {max(over):.{goal.digits}f} {goal.unit} at worst"
            rows.append([FAULTS[goal.key].title, goal.text, f"{met} of {len(over)}", verdict])
    return rows


def _share_rows(runs: dict[str, list[dict]]) -> list[list[str]]:
    rows = []
    for key in _NODE:
        found = [shares(run) for run in runs.get(key, ())]
        if found:
            rows.append([FAULTS[key].title, *(_pair([one[name] for one in found]) for name, _ in SHARES)])
    return rows


def _unfinished(found: list[dict]) -> str:
    """The runs of which nothing else is known."""
    if not found:
        return "Every run came to its end."
    rows = [[FAULTS[one["key"]].title, one["made"], one["problem"].replace("|", "/")] for one in found]
    return table(["what was done", "when", "what did not come to its end"], rows)


def _pictures(runs: dict[str, list[dict]], file_of: Callable[[str, int], Path]) -> list[str]:
    """Draw the run of each fault whose outage is the median, and return the lines that show them."""
    lines = []
    for key, fault in FAULTS.items():
        # A run without its requests was made in another place.
        found = [number for number in range(len(runs.get(key, ()))) if file_of(key, number).exists()]
        if found:
            order = sorted(found, key=lambda number: runs[key][number]["outage"])
            number = order[len(order) // 2]
            asked = story.requests(file_of(key, number).read_text(), 0.0)
            picture.draw(fault.title, asked, runs[key][number], DOCS / f"failover-{key}.png")
        if (DOCS / f"failover-{key}.png").exists():
            lines.append(f"![{fault.title}](failover-{key}.png)\n")
    return lines


def write(record: dict, file_of: Callable[[str, int], Path]) -> None:
    """Write the page and draw the pictures; *file_of* tells where the requests of a run are."""
    runs = record["runs"]
    made = [run["made"] for found in runs.values() for run in found]
    used = record["shares"]
    bare = [run["bare daemon"] for run in runs.get("kill-single", ())]
    text = (Path(__file__).with_name("page.md").read_text()).format(
        period=PERIOD * 1000,
        patience=PATIENCE,
        late=story.LATE,
        patient=bench.PATIENT,
        calm=bench.CALM,
        machine=f"{platform.system()} with {os.cpu_count()} processors",
        days=f"{min(made)} to {max(made)}",
        table=table(
            ["what was done", "runs", "load", "detection", "recovery", "outage", "failed", "late", "slowest answer"],
            [_row(key, fault, runs[key]) for key, fault in FAULTS.items() if runs.get(key)],
        ),
        goals=table(["what was done", "goal", "runs that meet it", ""], _goals(runs)),
        shares=table(["what was done", *(name for name, _ in SHARES)], _share_rows(runs)),
        bare=_pair(bare),
        agents=_pair([100 * one["agents"] for one in used], 1),
        pacemaker=_pair([100 * one["Pacemaker"] for one in used], 1),
        switch=_pair([run["outage"] for run in runs.get("move", ())]),
        crash=_pair([run["outage"] for run in runs.get("kill-single", ())]),
        unfinished=_unfinished(record["unfinished"]),
        pictures="\n".join(_pictures(runs, file_of)),
    )
    (DOCS / "failover.md").write_text(text.rstrip() + "\n")
