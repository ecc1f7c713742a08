"""make fuzz: call every agent with thousands of wrong values, in a host that is thrown away."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.box import BoxError
from tests.box.agent import install
from tests.box.machine import Box

from . import run
from .report import report

REPORT = Path(__file__).resolve().parent.parent.parent / "build/fuzz"


def numbers(text: str) -> list[int]:
    """ "3,7-9" as [3, 7, 8, 9]."""
    found: list[int] = []
    for word in filter(None, text.split(",")):
        first, _, last = word.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main() -> int:
    words = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    words.add_argument("--seed", default="")
    words.add_argument("--count", type=int, default=30000, help="calls of agents")
    words.add_argument("--only", type=numbers, default=[], help="these cases only, as 3,7-9")
    given = words.parse_args()
    seed = given.seed or str(int(time.time()))
    if os.geteuid() != 0:
        print("The agents run in a host in namespaces of this machine, and for that you must be root: sudo make fuzz")
        return 1
    # A path that an agent made may be no text.
    sys.stdout.reconfigure(errors="backslashreplace")
    print(f"SEED={seed}", flush=True)
    try:
        with Box(["fuzz"]) as box:
            install(box.hosts[0])
            done = run.Run(box.hosts[0], seed, given.count, given.only)
            try:
                done.perform(lambda text: print(text, flush=True))
            finally:
                # Also if somebody has had enough.
                text = f"{report(done.found, seed)}\n{done}\n"
                REPORT.mkdir(parents=True, exist_ok=True)
                (REPORT / f"{seed}.txt").write_text(text, errors="backslashreplace")
                print(f"\n{text}This report is also in {REPORT / f'{seed}.txt'}")
    except BoxError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 1 if done.found else 0


if __name__ == "__main__":
    sys.exit(main())
