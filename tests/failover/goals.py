"""What the runs have to reach."""

from __future__ import annotations

from typing import Callable, NamedTuple

from .faults import FAULTS

BARE = 1.2
"""How many times the start of the bare daemon an outage may last."""
SPARE = 1.0
"""Seconds beside corosync's and the fence's own time."""


class Goal(NamedTuple):
    """One goal for the runs of one fault."""

    key: str
    text: str
    excess: Callable[[dict], float | None]
    """by how much a run misses it; 0 or less if it is met, None if the log does not tell"""
    unit: str = "s"
    digits: int = 2


def _lost(run: dict) -> float:
    return float(run["failed"])


def _over_bare(run: dict) -> float:
    return run["outage"] - BARE * run["bare daemon"]


def _over_token(run: dict, consensus: bool = False) -> float | None:
    marks = run["marks"]
    lost, agreed = marks.get("corosync misses the node"), marks.get("corosync agrees without it")
    begun, ended = marks.get("fencing begins"), marks.get("fencing ends")
    if None in (lost, agreed, begun, ended):
        return None
    return run["outage"] - ((agreed if consensus else lost) + ended - begun + SPARE)


GOALS = (
    Goal("kill", "no request fails", _lost, "requests", 0),
    *(Goal(key, "no request fails", _lost, "requests", 0) for key, fault in FAULTS.items() if fault.planned),
    Goal("kill-single", f"the outage is at most {BARE} times the start of the bare daemon", _over_bare),
    Goal("power", f"the outage is at most corosync's token + fencing + {SPARE:.0f} s", _over_token),
    Goal(
        "power",
        f"the outage is at most corosync's token and consensus + fencing + {SPARE:.0f} s",
        lambda run: _over_token(run, consensus=True),
    ),
)
