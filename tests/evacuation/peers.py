"""make bench-evacuation: our evacuator beside its peers, in the same box and in the same cases.

Each run loses one compute under its instances.  The oracle says when the last instance runs again, and whether any ran
twice.  The state at the end says what is lost, and what a person has to do.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from tests.box import BoxError, image
from tests.box.machine import Box, Host, wait_for
from tests.conftest import ROOT
from tests.failover.bench import now, wait_for_calm
from tests.failover.page import table
from tests.record import keep, load

from .evacuators import EVACUATORS, Evacuator
from .stand import LONGEST, Watch

RECORD = ROOT / "build/evacuation.json"
SEEN = ROOT / "build/evacuation"
PAGE = ROOT / "docs/evacuation-peers.md"
AWAY = 60.0
"""Seconds without nova-api."""
SETTLE = 60.0
"""Seconds that the oracle watches on, after the last instance runs."""
RETURN, CLEANING = 120.0, 3.0
"""Seconds that the lost compute has to come back by itself, and so many more for each instance that it cleans away."""
ENABLING = 30.0
"""Seconds that a compute has to be enabled, once it reports."""
_LOT = 20
"""Instances that are created together; Nova gets one lot after the other."""
_OURS = "ours"


class Case(NamedTuple):
    """One case: what happens to the compute with so many instances."""

    title: str
    instances: int
    lose: Callable[[Evacuator, Host, list[str]], float]
    """lets it happen, and returns when the plug was pulled"""
    bound: float
    """seconds after which the case counts as never finished"""


def _plug(lost: Host) -> float:
    began = time.time()
    lost.off()
    return began


def power(_stand: Evacuator, lost: Host, _uuids: list[str]) -> float:
    """The compute loses its power."""
    return _plug(lost)


def without_api(stand: Evacuator, lost: Host, _uuids: list[str]) -> float:
    """The compute loses its power while nova-api is down; nova-api is started again later."""
    stand.halt("nova-api")
    plugged = _plug(lost)
    time.sleep(AWAY)
    stand.serve("nova-api")
    return plugged


def killed(stand: Evacuator, lost: Host, uuids: list[str]) -> float:
    """The processes of the evacuator are killed as soon as Nova has the first order."""
    plugged = _plug(lost)

    def has_begun() -> bool:
        return any(row["instance_uuid"] in uuids for row in stand.migrations(f"source_compute={lost.name}"))

    wait_for(has_begun, LONGEST * 2, "the first order", pause=0.2)
    stand.kill()
    return plugged


def early(stand: Evacuator, lost: Host, _uuids: list[str]) -> float:
    """The compute has its power again as soon as the cluster has fenced it."""
    plugged = _plug(lost)
    wait_for(lambda: stand.fenced(lost.name), LONGEST, f"{lost.name} to be fenced", pause=0.5)
    lost.boot()
    return plugged


CASES = {
    "power-10": Case("power cut", 10, power, 900),
    "power-100": Case("power cut", 100, power, 1800),
    "api": Case(f"power cut while nova-api is down for {AWAY:.0f} s", 10, without_api, 900),
    "killed": Case("power cut, and the evacuator is killed at the first order", 10, killed, 900),
    "early": Case("power cut, and the compute boots as soon as it is fenced", 10, early, 900),
}


def all_run(events: Iterable[dict], uuids: Iterable[str], plugged: float) -> float | None:
    """Seconds from the plug until all of these instances run again, for the first time; None if they never do.

    Only guests count that have begun after the plug was pulled.
    """
    running: set[tuple[str, str]] = set()
    wanted = set(uuids)
    for row in events:
        if row["what"] == "begin" and row["at"] > plugged:
            running.add((row["uuid"], row["host"]))
        elif row["what"] == "end":
            running.discard((row["uuid"], row["host"]))
        if wanted <= {uuid for uuid, _ in running}:
            return row["at"] - plugged
    return None


def _comes(condition: Callable[[], bool], within: float) -> bool:
    """Does it become true within so many seconds?"""
    try:
        return wait_for(condition, within, "it", pause=2)
    except TimeoutError:
        return False


def perform(stand: Evacuator, key: str, number: int, file: Path) -> dict[str, object]:
    """Make one run, and return what was seen.  *number* chooses the compute; *file* is for the oracle."""
    case = CASES[key]
    lost = stand.computes[number % len(stand.computes)]
    uuids: list[str] = []
    while len(uuids) < case.instances:
        uuids += stand.create(lost.name, min(_LOT, case.instances - len(uuids)))
    run: dict[str, object] = {"made": now(), "load": wait_for_calm()}
    file.unlink(missing_ok=True)
    with Watch(file) as watch:
        plugged = case.lose(stand, lost, uuids)
        left = plugged + case.bound - time.time()
        _comes(lambda: all_run(watch.events(), uuids, plugged) is not None, left)
        time.sleep(SETTLE)
        lost.boot()
        _comes(lambda: stand.services().get(lost.name, {}).get("state") == "up", RETURN + CLEANING * case.instances)
        run["returned"] = _comes(lambda: lost.name in stand.up(), ENABLING)
        alive, servers = watch.alive(), stand.servers()
        run["chores"] = stand.chores(lost.name, alive)
        run["seconds"] = all_run(watch.events(), uuids, plugged)
        run["lost"] = sum(uuid not in alive or servers[uuid]["status"] == "ERROR" for uuid in uuids)
        run["doubled"] = len({row["uuid"] for row in watch.events("double")})
    run["longest pause"] = watch.events("over")[0]["longest"]
    return run


def one(stand: Evacuator, record: dict, name: str, key: str, *, more: bool) -> bool:
    """Make one run, and mend the stand if *more* runs need it.

    If the run or the mending does not come to its end, note that and return False.
    """
    runs = record["runs"].setdefault(name, {}).setdefault(key, [])
    number = sum(len(found) for found in record["runs"][name].values())
    try:
        run = perform(stand, key, number, SEEN / f"{name}-{key}-{len(runs)}.jsonl")
        runs.append(run)
        print(f"{name} {key}: {json.dumps(run)}", flush=True)
        keep(RECORD, record)
        if more:
            stand.mend()
    except (TimeoutError, subprocess.TimeoutExpired, AssertionError, LookupError, BoxError) as problem:
        text = " ".join(f"{type(problem).__name__}: {problem}".split())
        record["unfinished"].append({"evacuator": name, "key": key, "made": now(), "problem": text[:200]})
        print(f"{name} {key} did not finish: {text[:500]}", flush=True)
        keep(RECORD, record)
        return False
    return True


def measure(record: dict, name: str, keys: list[str]) -> None:
    """Make one run of each case with one evacuator.  After a run that did not finish, the next one gets a new stand."""
    waiting = list(keys)
    while waiting:
        with Box([]) as box:
            stand = EVACUATORS[name](box)
            record["versions"].update(stand.versions())
            while waiting:
                key = waiting.pop(0)
                if not one(stand, record, name, key, more=bool(waiting)):
                    break


def _median(runs: list[dict]) -> float:
    """The median of the times; infinite if half of the runs never finished."""
    return statistics.median(float("inf") if run["seconds"] is None else run["seconds"] for run in runs)


def _time(seconds: float) -> str:
    return "never" if seconds == float("inf") else f"{seconds:.0f} s"


def _row(name: str, key: str, runs: list[dict]) -> list[str]:
    times = [float("inf") if run["seconds"] is None else run["seconds"] for run in runs]
    chores = dict.fromkeys(chore for run in runs for chore in run["chores"])
    return [
        CASES[key].title,
        str(CASES[key].instances),
        EVACUATORS[name].title,
        str(len(runs)),
        f"{_time(_median(runs))} / {_time(max(times))}",
        str(max(run["lost"] for run in runs)),
        str(max(run["doubled"] for run in runs)),
        "; ".join(chores) or "nothing",
    ]


def _goals(runs: dict[str, dict[str, list[dict]]]) -> list[list[str]]:
    """Whether our own runs reach what they have to."""
    ours = runs.get(_OURS, {})
    rows = []
    for key, found in ours.items():
        for what in ("doubled", "lost"):
            worst = max(run[what] for run in found)
            rows.append([_name(key), f"0 instances {what}", "met" if worst == 0 else f"missed: {worst} at worst"])
    key = "power-100"
    peers = {name: _median(its[key]) for name, its in runs.items() if name != _OURS and its.get(key)}
    goal = [_name(key), "not slower than the fastest peer"]
    if not (ours.get(key) and peers):
        return [*rows, [*goal, "open: too few runs came to their end"]]
    best = min(peers, key=lambda name: peers[name])
    took = _median(ours[key])
    verdict = "met" if took <= peers[best] and took < float("inf") else "missed"
    return [*rows, [*goal, f"{verdict}: {_time(took)}, and {_time(peers[best])} with {EVACUATORS[best].title}"]]


def _name(key: str) -> str:
    return f"{CASES[key].title}, {CASES[key].instances} instances"


def _unfinished(found: list[dict]) -> str:
    if not found:
        return "Every run came to its end."
    rows = [
        [_name(one["key"]), EVACUATORS[one["evacuator"]].title, one["made"], one["problem"].replace("|", "/")]
        for one in found
    ]
    return table(["what happened", "evacuator", "when", "what did not come to its end"], rows)


def write(record: dict) -> None:
    """Write the page from the record alone."""
    runs = {name: {key: found for key, found in its.items() if found} for name, its in record["runs"].items()}
    rows = [_row(name, key, runs[name][key]) for key in CASES for name in EVACUATORS if key in runs.get(name, {})]
    every = [run for its in runs.values() for found in its.values() for run in found]
    made, loads = [run["made"] for run in every], [run["load"] for run in every]
    head = ["what happens", "instances", "evacuator", "runs", "time", "lost", "doubled", "what a person had to do"]
    text = Path(__file__).with_suffix(".md").read_text().format(
        evacuators="\n".join(f"- **{one.title}**: {one.about}." for one in EVACUATORS.values()),
        versions=", ".join(f"{name} {version}" for name, version in sorted(record["versions"].items())),
        release=image.NEWER,
        machine=f"{platform.system()} with {os.cpu_count()} processors",
        days=f"{min(made)} to {max(made)}",
        loads=f"{min(loads):.1f} to {max(loads):.1f}",
        settle=SETTLE,
        back=RETURN,
        each=CLEANING,
        bounds=" and ".join(f"{bound:.0f}" for bound in sorted({case.bound for case in CASES.values()})),
        pause=max(run["longest pause"] for run in every),
        table=table(head, rows),
        goals=table(["what happens", "goal", ""], _goals(runs)),
        unfinished=_unfinished(record["unfinished"]),
    )  # fmt: skip
    PAGE.write_text(text.rstrip() + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.evacuation.peers")
    words = (*EVACUATORS, *CASES)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help=", ".join(words))
    parser.add_argument("--page", action="store_true", help="only write the page again")
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(words):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if image.RELEASE != image.NEWER:
        parser.error(f"the peers are compared on {image.NEWER} only")
    SEEN.mkdir(parents=True, exist_ok=True)
    record = load(RECORD, {"runs": {}, "versions": {}, "unfinished": []})
    try:
        if not asked.page:
            for name in [name for name in EVACUATORS if name in asked.only] or EVACUATORS:
                measure(record, name, [key for key in CASES if key in asked.only] or list(CASES))
    except BoxError as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        if any(found for its in record["runs"].values() for found in its.values()):
            write(record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
