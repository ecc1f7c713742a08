"""make test-matrix: what every agent says under every outage, against the real daemons."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from pathlib import Path

from tests.box import BoxError
from tests.box.agent import install
from tests.box.machine import Box

from . import page, run, world
from .faults import FAULTS, Fault
from .row import Column

RECORD = Path(__file__).resolve().parent.parent.parent / "build/matrix.json"


def known() -> page.Columns:
    """The columns of earlier runs."""
    try:
        return {key: Column.of(facts) for key, facts in json.loads(RECORD.read_text()).items()}
    except FileNotFoundError:
        return {}


def perform(faults: list[Fault], say) -> page.Columns:
    """Make the cloud, and each column.  A column that cannot be made is printed, and the others are made."""
    made: page.Columns = {}
    with Box([]) as box:
        host = box.add("cloud", "cloud")
        install(host)
        world.prepare(host)
        say("the cloud is made")
        rows = run.begin(host)
        say("everything is well")
        for fault in faults:
            say(fault.title)
            try:
                made[fault.key] = run.column(fault, host, rows)
            except Exception:  # noqa: BLE001  the run fails in the end, and 40 minutes are not lost
                traceback.print_exc()
                continue
            say(f"  all well after {made[fault.key].recovered:.0f} s")
            columns = {**known(), **made}
            RECORD.write_text(json.dumps({key: column.facts() for key, column in columns.items()}, indent=1))
    return made


def main() -> int:
    words = argparse.ArgumentParser(prog="make test-matrix", description=__doc__)
    words.add_argument(
        "--only", default="", help="these columns, as keystone,dns; the page gets the others from the last run"
    )
    given = words.parse_args()
    if os.geteuid() != 0:
        print("The services run in a host in namespaces of this machine, and for that you must be root.")
        return 1
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)

    faults = [fault for fault in FAULTS if not given.only or fault.key in given.only.split(",")]
    RECORD.parent.mkdir(exist_ok=True)
    try:
        made = perform(faults, say)
    except BoxError as problem:
        print(problem, file=sys.stderr)
        return 1
    columns = known()
    if columns.keys() == {fault.key for fault in FAULTS}:
        page.PAGE.write_text(page.write(columns, run.PATIENCE))
    bad = page.wrong(made)
    for (key, name), text in bad.items():
        print(f"{key}, {name}: {text}")
    print(f"{len(made)} columns of {len(faults)} made, {len(bad)} cells not as expected")
    return 1 if bad or len(made) < len(faults) else 0


if __name__ == "__main__":
    sys.exit(main())
