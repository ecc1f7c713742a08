"""Runs cases in a host of the box, and looks at the host's disk from outside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections import Counter
from pathlib import Path

from tests.box.agent import DIRECTORY
from tests.box.machine import Host

from . import driver, values

BLOCK = 300
"""Cases between two looks at the whole host."""
TREES = ("/run", "/tmp", "/dev", "/dev/shm")  # in memory; the disk is looked at from outside
TRACES = "/var/lib/heartbeat/trace_ra"
# The agents' own places.
OWN = ("/run/resource-agents", "/var/log/openstack-resource-agents", TRACES)
_DROP_IN = re.compile(r"/run/systemd/system/[^/]+\.d(/50-openstack-resource-agents\.conf)?")
# Of the host itself, of the driver, and of Keystone, which the agent of that name really starts.
OTHERS = (
    "/run/systemd/",
    "/run/log",
    "/run/udev",
    "/run/user",
    "/run/dbus",
    "/run/nscd",
    "/run/lock",
    "/run/utmp",
    "/var/log/journal",
    "/var/log/wtmp",
    "/var/log/keystone",
    "/var/lib/keystone",
    "/var/lib/systemd",
    "/var/cache/ldconfig",
    "/tmp/systemd-private",
    "/var/tmp/systemd-private",
    values.PLACE + "/",
)


def disk(host: Host) -> dict[str, str | None]:
    """What this host has changed on its disk since it exists: {path: what is there now, None if it was removed}."""
    upper = str(host.home / "upper")
    found: dict[str, str | None] = {}
    for folder, names, files in os.walk(upper):
        inside = folder[len(upper) :]
        names[:] = [name for name in names if not f"{inside}/{name}".startswith(OTHERS)]
        for name in (*names, *files):
            if not f"{inside}/{name}".startswith(OTHERS):
                now = driver.state(f"{folder}/{name}")
                # overlayfs(5): this device says that the name is gone.
                found[f"{inside}/{name}"] = None if now and now.endswith(" device 0,0") else now
    return found


def disk_changes(host: Host, before: dict, after: dict) -> list[tuple[str, str | None, str | None]]:
    """[(path, what it was, what it is)] of two looks at the disk."""
    below = (host.home / "image").read_text().strip()

    def at(look: dict, path: str) -> str | None:
        return look[path] if path in look else driver.state(below + path)

    pairs = ((path, at(before, path), at(after, path)) for path in sorted({*before, *after}))
    return [change for change in pairs if change[1] != change[2]]


def foreign(changes: list, cases: list[dict], made: set[str]) -> list[dict]:
    """The findings among the changes that a block of cases has made.

    *made* grows: the paths that the agents were right to make are theirs, also
    in later blocks.
    """
    found = []
    envs = [environment(case) for case in cases]
    names = [driver.named(env) for env in envs]
    for path, was, now in changes:
        if _is_own(path, was) or path.startswith(OTHERS):
            continue
        if any(driver.may(path, None if path in made else was, given, {}) for given in names):
            made.add(path)
            continue
        guilty = [number for number, env in enumerate(envs) if driver.who(path, env)]
        first = guilty[0] if guilty else 0
        who = f"named by {[cases[number]['number'] for number in guilty]}" if guilty else f"by one of {_range(cases)}"
        what = f"{driver.verb(was, now)} {path}{driver.who(path, envs[first])}"
        found.append(_finding(cases[first], what, f"was {was}, is {now}; {who}"))
    return found


def in_traces(host: Host, cases: list[dict]) -> list[dict]:
    """The findings in the traces that have no name of a case's own."""
    found = []
    for folder, _, files in os.walk(f"{host.home}/upper{TRACES}"):
        for name in files:
            found += [
                _finding(cases[0], f"{what} in a trace", f"{TRACES}/{name}; by one of {_range(cases)}")
                for what in driver.judge_log(f"{folder}/{name}")
            ]
    return found


def _is_own(path: str, was: str | None) -> bool:
    """Is *path* a place of the agents, or on the way to one?"""
    if driver.is_half(path) and path.startswith(f"{OWN[0]}/"):
        return False
    if any(f"{path}/".startswith(f"{own}/") for own in OWN) or _DROP_IN.fullmatch(path):
        return True
    return was is None and any(own.startswith(f"{path}/") for own in OWN)


def _finding(case: dict, what: str, detail: str) -> dict:
    """A finding of a whole block; *case* is the most likely one."""
    return {"case": case, "step": -1, "what": what, "detail": detail}


def _range(cases: list[dict]) -> str:
    return f"the cases {cases[0]['number']} to {cases[-1]['number']}"


def environment(case: dict) -> dict[str, str]:
    """The environment of a case, with its worker's playground."""
    play = f"{values.PLACE}/{case['number'] % values.WORKERS}"
    return {name: text.replace("{play}", play) for name, text in case["env"].items()}


class Run:
    """Cases in a host.  ``found`` and ``codes`` grow while they run."""

    def __init__(self, host: Host, seed: str, count: int = 0, only: list[int] | None = None) -> None:
        self.host = host
        self.seed = seed
        self.cases = make(seed, count, only)
        self.found: list[dict] = []
        self.codes: Counter[tuple[str, str]] = Counter()
        """How often an action came to an exit status."""
        self.seconds: Counter[str] = Counter()
        """How long all calls of an action took together."""
        self.calls = 0
        self._made: set[str] = set()
        self._began = time.monotonic()

    def perform(self, say=lambda _text: None) -> None:
        """Run all cases; after each block, *say* how it went."""
        with self._driver() as process:
            self._listen(process)
            before = disk(self.host)
            for start in range(0, len(self.cases), BLOCK):
                block = self.cases[start : start + BLOCK]
                known = len(self.found)
                process.stdin.write(json.dumps({"cases": block}) + "\n")
                process.stdin.flush()
                done = self._listen(process)
                self.calls += sum(len(case["steps"]) for case in block)
                after = disk(self.host)
                self.found += foreign([*done["changes"], *disk_changes(self.host, before, after)], block, self._made)
                before = after
                for unit in done["units"]:
                    self.found.append(_finding(block[0], f"{unit} outlives its stop", _range(block)))
                if start + BLOCK >= len(self.cases):
                    self.found += in_traces(self.host, self.cases)
                say(f"{_range(block)}: {done['done']:.0f} s, {len(self.found) - known} findings")

    @contextlib.contextmanager
    def _driver(self):
        self.host.put("/root/fuzz.py", Path(driver.__file__).read_text())
        (self.host.files / values.PLACE.lstrip("/")).mkdir(exist_ok=True)
        job = {
            "agents": DIRECTORY, "place": values.PLACE, "workers": values.WORKERS, "is_host": True, "trees": TREES
        }  # fmt: skip
        process = subprocess.Popen(
            self.host.command("/usr/bin/python3", "/root/fuzz.py", json.dumps(job)),
            env=self.host.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A person's terminal is no terminal of the agents.
            start_new_session=True,
        )
        try:
            yield process
            process.stdin.close()
            process.wait(60)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def _listen(self, process: subprocess.Popen) -> dict:
        """Take what the driver says, and return the line that ends it."""
        for line in process.stdout:
            said = json.loads(line)
            if "done" in said or "ready" in said:
                return said
            if "codes" in said:
                for action, code, seconds in said["codes"]:
                    self.codes[action, code] += 1
                    self.seconds[action] += seconds
            else:
                self.found.append(said)
        raise AssertionError("the driver of the cases has ended")

    def __str__(self) -> str:
        """What it came to, for the report."""
        seconds = time.monotonic() - self._began
        lines = [f"SEED={self.seed}: {self.calls} calls in {seconds:.0f} s, {len(self.found)} findings"]
        for action, taken in sorted(self.seconds.items()):
            seen = ", ".join(f"{code}: {times}" for (what, code), times in sorted(self.codes.items()) if what == action)
            lines.append(f"  {action:13}{taken:6.0f} s   {seen}")
        return "\n".join(lines)


def make(seed: str, count: int, only: list[int] | None = None) -> list[dict]:
    """The cases of a run: those in *only*, else as many as make *count* calls."""
    known = values.agents()
    if only:
        return [values.case(seed, number, known) for number in only]
    made: list[dict] = []
    total = 0
    while total < count:
        made.append(values.case(seed, len(made), known))
        total += len(made[-1]["steps"])
    return made
