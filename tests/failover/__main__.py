"""make bench-failover: every fault and every planned work, as a client of the virtual IP sees it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.box import BoxError
from tests.box.machine import Box
from tests.conftest import ROOT
from tests.record import keep, load

from . import bench, page
from .faults import FAULTS
from .stand import CLONE, SINGLE, WITHOUT_GATE, Stand

RECORD = ROOT / "build/failover.json"
REQUESTS = ROOT / "build/failover"


def file_of(key: str, number: int) -> Path:
    """Where the requests of a run are."""
    return REQUESTS / f"{key}-{number}.txt"


def one(stand: Stand, record: dict, key: str) -> None:
    """Make one run; one in which the cluster or a command did not get to its end is kept apart."""
    runs = record["runs"].setdefault(key, [])
    try:
        runs.append(bench.perform(stand, key, file_of(key, len(runs))))
        print(page.line(key, runs[-1]), flush=True)
    except (OSError, subprocess.SubprocessError, AssertionError, ValueError, StopIteration) as problem:
        text = f"{type(problem).__name__}: {problem}".splitlines()
        record["unfinished"].append({"key": key, "made": bench.now(), "problem": text[0][:200]})
        print(f"{key} did not finish: {' '.join(text)[:500]}", flush=True)
    keep(RECORD, record)


def measure(stand: Stand, record: dict, count: int, only: list[str]) -> None:
    """So many runs of each fault, arrangement by arrangement, since another one takes half a minute."""
    for arrangement in (CLONE, WITHOUT_GATE, SINGLE):
        keys = [key for key in only or FAULTS if FAULTS[key].arrangement == arrangement]
        for _ in range(count):
            for key in keys:
                one(stand, record, key)
        if keys and arrangement == CLONE:
            record["shares"].append(bench.share(stand))
            keep(RECORD, record)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.failover")
    parser.add_argument("--count", type=int, default=20, help="runs of each")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help=", ".join(FAULTS))
    parser.add_argument("--page", action="store_true", help="only write the page again")
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(FAULTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    REQUESTS.mkdir(parents=True, exist_ok=True)
    record = load(RECORD, {"runs": {}, "shares": [], "unfinished": []})
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    try:
        if not asked.page:
            with Box(["one", "two", "three", "four"]) as box:
                measure(Stand(box), record, asked.count, asked.only)
    except BoxError as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        if record["runs"]:
            page.write(record, file_of)
    return 0


if __name__ == "__main__":
    sys.exit(main())
