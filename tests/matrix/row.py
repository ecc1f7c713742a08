"""One service in the matrix: its daemon, and what the monitor says of it while something is broken."""

from __future__ import annotations

import time

from tests.box.agent import Agent
from tests.box.machine import Host
from tests.unit.conftest import load, required

TIMEOUT = 30
"""Seconds that a monitor has.  Half of what is advertised, so that there are enough monitors in the life of a fault."""
PAUSE = 3.0
"""Seconds between two monitors of one service."""
SAME = 3
"""So many equal verdicts in a row are settled."""
GRACE = 75.0
"""Seconds after which a verdict has to be settled that the agent says it may change: the grace, and a monitor."""
NOT_YET = " so far"
"""The end of the reason of a verdict that turns into an error after the grace."""


class Verdict:
    """What one monitor said."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason

    @property
    def weight(self) -> int:
        """How bad it is: well, degraded, and all that makes Pacemaker restart."""
        return {0: 0, 190: 1}.get(self.code, 2)

    @property
    def may_change(self) -> bool:
        """Does the agent still wait whether this passes by itself?"""
        return self.code == 190 and NOT_YET in self.reason


class Seen:
    """A cell: the verdicts while a fault lasted, and after it."""

    def __init__(self) -> None:
        self.during: list[Verdict] = []
        self.after: list[Verdict] = []
        self.same = True  # the main process afterwards is the one before
        self.recovered = 0.0

    @property
    def settled(self) -> Verdict:
        return self.during[-1]

    @property
    def worst(self) -> Verdict:
        return max(self.during, key=lambda one: one.weight)

    @property
    def is_well(self) -> bool:
        """Was everything well again without a restart?"""
        return self.same and self.after[-1].code == 0 and all(one.weight < 2 for one in self.after)

    @property
    def text(self) -> str:
        """The cell: settled/worst, with ! if the fault left something behind."""
        worst = f"/{self.worst.code}" if self.worst.weight > self.settled.weight else ""
        return f"{self.settled.code}{worst}{'' if self.is_well else '!'}"

    def facts(self) -> dict:
        """For the record of the run."""
        return {
            "during": [(one.code, one.reason) for one in self.during],
            "after": [(one.code, one.reason) for one in self.after],
            "same": self.same,
            "recovered": round(self.recovered),
        }

    @classmethod
    def of(cls, facts: dict) -> Seen:
        """The cell that a record holds."""
        made = cls()
        made.during = [Verdict(*one) for one in facts["during"]]
        made.after = [Verdict(*one) for one in facts["after"]]
        made.same = facts["same"]
        made.recovered = facts["recovered"]
        return made


class Column:
    """What one fault did to every service, and when that was seen, at which load of the machine."""

    def __init__(self, made: str, load: float, cells: dict[str, Seen]) -> None:
        self.made = made
        self.load = load
        self.cells = cells

    @property
    def recovered(self) -> float:
        """Seconds after the fault until the last service was well."""
        return max(seen.recovered for seen in self.cells.values())

    def facts(self) -> dict:
        """For the record of the run."""
        return {
            "made": self.made,
            "load": self.load,
            "cells": {name: seen.facts() for name, seen in self.cells.items()},
        }

    @classmethod
    def of(cls, facts: dict) -> Column:
        """The column that a record holds."""
        return cls(facts["made"], facts["load"], {name: Seen.of(cell) for name, cell in facts["cells"].items()})


class Row:
    """One service, with credentials."""

    def __init__(self, host: Host, name: str, credentials: dict[str, str]) -> None:
        self.host = host
        self.name = name
        self.service = load(name)
        self.agent = Agent(host, name, f"p_{name}", **credentials, **required(name))

    def __repr__(self) -> str:
        return self.name

    def start(self) -> None:
        done = self.agent("start", timeout=120)
        assert done.code == 0, f"{self.name}: {done}"

    @property
    def leader(self) -> int:
        """The pid of the main process; 0 if it does not run."""
        unit = self.service.unit
        if unit:
            return int(self.host.run("systemctl", "show", "--property=MainPID", "--value", unit).stdout)
        return self.agent.pid

    def children(self) -> list[int]:
        """The child processes that do the main process's work: they have its name, which its helpers do not have."""
        leader = self.leader
        name = self.host.read(f"/proc/{leader}/comm")
        found = self.host.run("ps", "--ppid", str(leader), "-o", "pid=,comm=", check=False).stdout.splitlines()
        pairs = [line.split(maxsplit=1) for line in found]
        return [int(pid) for pid, comm in pairs if comm.strip() == name.strip()]

    def look(self, **params: str) -> Verdict:
        """What the monitor says now."""
        done = self.agent.monitor(timeout=TIMEOUT, **params)
        return Verdict(done.code, done.reason or ("" if done.code == 0 else done.err[-300:]))

    def watch(self, seen: Seen, least: float, **params: str) -> None:
        """Monitor until the verdict has settled, and *least* seconds in any case."""
        began = time.monotonic()
        while True:
            seen.during.append(self.look(**params))
            lasted = time.monotonic() - began
            last = seen.during[-SAME:]
            settled = len(last) == SAME and len({one.code for one in last}) == 1
            if lasted > least + GRACE or (lasted > least and settled and not last[-1].may_change):
                return
            time.sleep(PAUSE)

    def recover(self, seen: Seen, within: float, restarts: bool, **params: str) -> None:
        """Monitor until all is well, at most *within* seconds.  *restarts*: do what Pacemaker does after 1 and 7."""
        began = time.monotonic()
        while True:
            seen.after.append(self.look(**params))
            lasted = time.monotonic() - began
            seen.recovered = max(seen.recovered, lasted)
            if seen.after[-1].code == 0 or lasted > within:
                return
            if restarts and seen.after[-1].weight == 2:
                assert self.agent("stop").code == 0
                self.start()
            time.sleep(PAUSE)
