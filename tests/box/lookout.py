"""A lookout that sees from outside on which hosts something lives; it asks no cluster and no agent.

All hosts share the kernel of this machine, so their processes are in its /proc.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .machine import VIP, Host

PERIOD = 0.05
"""Seconds between two looks."""
ADDRESS = "the virtual IP"
"""Name under which a look has the hosts with that address."""
_YOUNG = 2.0
"""Seconds in which a process may still become another program, or take another title."""
_LOCAL = re.compile(rf"\|-- {re.escape(VIP)}\n\s+/32 host LOCAL")


class Look(NamedTuple):
    """What was to be seen at one moment of ``time.monotonic``."""

    at: float
    where: dict[str, frozenset[str]]
    """{name: the hosts on which it lives}; without what lives nowhere"""


class _Seen(NamedTuple):
    """A process as it was at the last look."""

    first: float
    space: str
    name: str | None


class Lookout:
    """A context manager with a thread of its own.  *name_of* makes of a command line the name of what runs, or None."""

    def __init__(self, hosts: list[Host], name_of: Callable[[str], str | None]) -> None:
        self._hosts = hosts
        self._name_of = name_of
        self._looks: list[Look] = []
        self._processes: dict[str, _Seen] = {}
        self._problem: Exception | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Lookout:
        self._thread.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._over.set()
        self._thread.join()

    def seen(self, since: float = 0.0) -> list[Look]:
        """All looks since a moment of ``time.monotonic``.  Raises what has ended the thread, if something did."""
        if self._problem is not None:
            raise self._problem
        return [look for look in list(self._looks) if look.at >= since]

    def twice(self, since: float = 0.0) -> list[Look]:
        """The looks at which something lived on two hosts."""
        return [look for look in self.seen(since) if any(len(hosts) > 1 for hosts in look.where.values())]

    def gap(self, since: float) -> float:
        """The longest time in seconds, from *since* to the last look that saw it, in which no host had the address."""
        had = [since, *(look.at for look in self.seen(since) if ADDRESS in look.where)]
        return max((after - before for before, after in zip(had, had[1:])), default=0.0)

    def _watch(self) -> None:
        due = time.monotonic()
        try:
            while not self._over.wait(max(0.0, due - time.monotonic())):
                self._looks.append(self._look())
                # What a busy machine made it miss is not made up for.
                due = max(due + PERIOD, time.monotonic())
        except Exception as problem:  # noqa: BLE001  the test that asks next raises it
            self._problem = problem

    def _look(self) -> Look:
        now = time.monotonic()
        up = {host.name: pid for host in self._hosts if (pid := host.pid) is not None}
        # A host that boots is not yet apart from this machine.
        spaces = {space: name for name, pid in up.items() if (space := _space(pid)) != _space(os.getpid())}
        where: dict[str, set[str]] = {}
        for name, host in self._living(now, spaces):
            where.setdefault(name, set()).add(host)
        have = [host for host, pid in up.items() if _has_address(pid)]
        if len(have) > 1:
            # The address may have moved between two of these looks.  Who still has it had it beside the others.
            have = [host for host in have if _has_address(up[host])]
        if have:
            where[ADDRESS] = set(have)
        return Look(now, {name: frozenset(hosts) for name, hosts in where.items()})

    def _living(self, now: float, spaces: dict[str, str]) -> list[tuple[str, str]]:
        """(name, host) of every process of a host that has a name."""
        before, self._processes = self._processes, {}
        found = []
        for pid in filter(str.isdecimal, os.listdir("/proc")):
            seen = before.get(pid)
            if seen is None:
                seen = _Seen(now, _space(pid), None)
            host = spaces.get(seen.space)
            # A number may be another process by now, and one that has ended may not be gone yet.
            if host and (seen.name or now - seen.first < _YOUNG):
                seen = seen._replace(name=self._name_of(_command(pid)))
            self._processes[pid] = seen
            if host and seen.name:
                found.append((seen.name, host))
        return found


def _space(pid: int | str) -> str:
    """The pid namespace of a process; "" if it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _command(pid: str) -> str:
    """The command line; "" if the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _has_address(pid: int) -> bool:
    """Does the network of the host with this first process have the virtual IP?"""
    try:
        return bool(_LOCAL.search(Path(f"/proc/{pid}/net/fib_trie").read_text()))
    except OSError:
        return False
