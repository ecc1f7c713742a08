"""Counts the guests of all hosts from outside, 20 times a second: does any instance have two living processes?

    oracle.py FILE

Writes one line of JSON for each beginning and end of a guest, and for each instance that has two of them.  It reads
only /proc, uses nothing of the agents, and believes nobody.  It ends with its standard input.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time

PERIOD = 0.05
YOUNG = 40
"""Looks after which a process that is no guest is not looked at again: until then it may become one."""


class Oracle:
    """What is known of the processes of this machine."""

    def __init__(self, write) -> None:
        self._write = write
        self._guests: dict[int, tuple[str, str]] = {}
        self._ages: dict[int, int] = {}
        self._doubled: set[str] = set()

    def look(self, now: float) -> None:
        """Compare the processes with those of the last look."""
        pids = {int(name) for name in os.listdir("/proc") if name.isdecimal()}
        for pid in [pid for pid in self._guests if pid not in pids]:
            uuid, host = self._guests.pop(pid)
            self._write({"at": now, "what": "end", "uuid": uuid, "host": host})
        self._ages = {pid: age for pid, age in self._ages.items() if pid in pids}
        for pid in pids:
            age = self._ages.get(pid, 0)
            if age <= YOUNG and pid not in self._guests:
                self._ages[pid] = age + 1
                uuid = _uuid(pid)
                if uuid:
                    self._guests[pid] = uuid, _host(pid)
                    self._write({"at": now, "what": "begin", "uuid": uuid, "host": self._guests[pid][1]})
        self._compare(now)

    def _compare(self, now: float) -> None:
        """Write down every instance that has two living processes, once for as long as it has them."""
        alive: dict[str, list[int]] = {}
        for pid, (uuid, _) in self._guests.items():
            alive.setdefault(uuid, []).append(pid)
        doubled = {uuid for uuid, pids in alive.items() if sum(_uuid(pid) == uuid for pid in pids) > 1} if len(
            alive) < len(self._guests) else set()  # fmt: skip
        for uuid in doubled - self._doubled:
            hosts = sorted(self._guests[pid][1] for pid in alive[uuid])
            self._write({"at": now, "what": "double", "uuid": uuid, "hosts": hosts})
        self._doubled = doubled


def _uuid(pid: int) -> str:
    """The uuid in the command line of a guest; "" for any other process, and for one that has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            word = file.read(64).partition(b"\0")[0]
    except OSError:
        return ""
    return word[6:].decode() if word.startswith(b"guest-") else ""


def _host(pid: int) -> str:
    """The host whose control group a process is in."""
    try:
        with open(f"/proc/{pid}/cgroup") as file:
            paths = [line.split(":", 2)[2].split("/") for line in file]
    except OSError:
        return ""
    return next((path[2] for path in paths if len(path) > 2 and path[1].startswith("openstack-ra-")), "")


def main() -> None:
    """Look until the standard input ends.  The last line says how many looks that were, and the longest pause."""
    with open(sys.argv[1], "w", buffering=1) as file:
        oracle = Oracle(lambda line: file.write(json.dumps(line) + "\n"))
        looks, longest, last, due = 0, 0.0, time.monotonic(), time.monotonic()
        while not select.select([0], [], [], max(0.0, due - time.monotonic()))[0]:
            oracle.look(time.time())
            looks, longest, last = looks + 1, max(longest, time.monotonic() - last), time.monotonic()
            due = max(due + PERIOD, last)
        file.write(json.dumps({"at": time.time(), "what": "over", "looks": looks, "longest": longest}) + "\n")


if __name__ == "__main__":
    main()
