"""What one run was: the requests of the client, and what the nodes logged, each at its time after the fault."""

from __future__ import annotations

import re
from typing import NamedTuple

LATE = 0.9
"""Seconds after which an answer counts as late: a client repeats its first packet after one second."""
# What the log of a node says, and what we call it.  The first such line counts, or the last one.
_FIRST = {
    "the agent notices": r"keystone\(p_keystone\)\[\d+\]: (INFO: pid \d+ (ended|is stopped)|WARNING|ERROR)",
    "Pacemaker knows": r"Result of monitor operation for p_keystone on \w+: (?!ok|OK)",
    "corosync misses the node": r"A processor failed, forming new configuration",
    "corosync agrees without it": r"A new membership .* was formed",
    "fencing begins": r"pacemaker-controld\S*\s+notice: Requesting fencing",
    "fencing ends": r"Operation '(reboot|off)' targeting \w+ by \w+ .*(OK|Done)",
    "the gate shuts": r"Requesting local execution of stop operation for gate",
    "HAProxy takes it out": r"Server keystone/\w+ is DOWN",
}
_LAST = {
    "the address is there": r"Result of start operation for vip on \w+: (ok|OK)",
    "Keystone is started": r"Result of start operation for p_keystone on \w+: (ok|OK)",
}


class Request(NamedTuple):
    """One question of the client; times are seconds after the fault."""

    began: float
    ended: float
    outcome: str

    @property
    def is_answered(self) -> bool:
        return self.outcome == "200"

    @property
    def took(self) -> float:
        return self.ended - self.began


def requests(text: str, fault: float) -> list[Request]:
    """The lines of the client, in the order in which they ended."""
    rows = (line.split() for line in text.splitlines())
    return sorted((Request(float(a) - fault, float(b) - fault, word) for a, b, word in rows), key=lambda one: one.ended)


def gap(asked: list[Request]) -> tuple[float, float]:
    """When the longest stretch without an answered request began, and when it ended."""
    ends = [one.ended for one in asked if one.is_answered]
    if len(ends) < 2:
        raise ValueError(f"{len(ends)} of {len(asked)} requests were answered")
    return max(zip(ends, ends[1:]), key=lambda pair: pair[1] - pair[0])


def client(asked: list[Request]) -> dict[str, object]:
    """What the client says of a run, with times in seconds."""
    began, ended = gap(asked)
    taken = [one.took for one in asked if one.is_answered]
    outcomes = [one.outcome for one in asked if not one.is_answered]
    return {
        "requests": len(asked),
        "failed": len(outcomes),
        "outcomes": {word: outcomes.count(word) for word in sorted(set(outcomes))},
        "outage": ended - began,
        "outage from": began,
        "outage until": ended,
        "late": sum(took > LATE for took in taken),
        "slowest": max(taken),
    }


def marks(journal: list[str], fault: float) -> dict[str, float]:
    """{what happened: seconds after the fault}, as far as the nodes logged it."""
    found: dict[str, float] = {}
    for line in journal:
        when = float(line.split(None, 1)[0]) - fault
        if when < 0:
            continue
        for name, pattern in _FIRST.items():
            if name not in found and re.search(pattern, line):
                found[name] = when
        for name, pattern in _LAST.items():
            if re.search(pattern, line):
                found[name] = when
    return found
