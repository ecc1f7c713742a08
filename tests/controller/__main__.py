"""make bench-start, make bench-controller and make test-storms: a whole controller under Pacemaker."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from tests.box import BoxError
from tests.box.machine import Box

from . import cold_start, price, storms
from .plane import Plane

_ROOT = Path(__file__).resolve().parent.parent.parent
PAGE, RECORD = _ROOT / "docs/storms.md", _ROOT / "build/storms.json"


def start(plane: Plane, only: list[str]) -> int:
    """Measure a cold start in each world.  Returns 1 if something did not get well, or Pacemaker counted a failure."""
    started = []
    for world in cold_start.WORLDS:
        if only and world.name not in only:
            continue
        for way in (cold_start.by_systemd, cold_start.by_pacemaker):
            started.append(way(plane, world))
            print(started[-1].text, flush=True)
        plane.clear()
    return int(any(one.ill or one.failures for one in started))


def pay(plane: Plane, only: list[str]) -> int:
    """Measure what the monitors cost."""
    plane.shape(2, 8)
    for way in only or price.WAYS:
        for line in price.report(plane, way):
            print(line, flush=True)
        plane.clear()
    return 0


def storm(plane: Plane, only: list[str]) -> int:
    """Let each storm come and go.  Returns 1 if one did what none may do."""
    plane.shape(1, 1)
    plane.push()
    plane.wait_until_well()
    records = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    bad = 0
    for key in only or storms.STORMS:
        seen = storms.perform(plane, storms.STORMS[key])
        print(f"{seen.storm.title}: {len(seen.reasons)} ill, all well after {seen.recovered:.0f} s", flush=True)
        for line in seen.wrong:
            print(f"    WRONG: {line}", flush=True)
        bad += len(seen.wrong)
        records[key] = storms.record(seen)
        RECORD.write_text(json.dumps(records, indent=1))
        PAGE.write_text(storms.page(records, len(plane.states())))
    return int(bad > 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.controller")
    parser.add_argument("what", choices=("start", "price", "storms"))
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help="some worlds, ways or storms")
    asked = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    try:
        with Box([]) as box:
            plane = Plane(box, asked.nodes)
            print("the controller is made", flush=True)
            if asked.what == "storms":
                return storm(plane, asked.only)
            return start(plane, asked.only) if asked.what == "start" else pay(plane, asked.only)
    except BoxError as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
