"""A lookout that sees from outside which hosts run Keystone or have an address; it asks no cluster and no agent."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path
from typing import NamedTuple

from tests.box.machine import VIP, Host

PERIOD = 0.05
_LOCAL = re.compile(rf"\|-- {re.escape(VIP)}\n\s+/32 host LOCAL")


class Look(NamedTuple):
    """What was to be seen at one moment."""

    at: float
    daemons: frozenset[str]
    """the hosts on which a process of Keystone lives"""
    addresses: frozenset[str]
    """the hosts that have the virtual IP"""


class Lookout:
    """Looks at hosts 20 times a second, from a thread of its own; a context manager."""

    def __init__(self, hosts: list[Host]) -> None:
        self._hosts = hosts
        self._looks: list[Look] = []
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

    def crowded(self, since: float = 0.0) -> list[Look]:
        """The looks at which two hosts had it."""
        return [look for look in self.seen(since) if len(look.daemons) > 1 or len(look.addresses) > 1]

    def gap(self, since: float) -> float:
        """The longest time in seconds, from *since* to the last look that saw it, in which no host had the address."""
        had = [since, *(look.at for look in self.seen(since) if look.addresses)]
        return max((after - before for before, after in zip(had, had[1:])), default=0.0)

    def _watch(self) -> None:
        due = time.monotonic()
        try:
            while not self._over.wait(max(0.0, due - time.monotonic())):
                self._looks.append(self._look())
                due += PERIOD
        except Exception as problem:  # noqa: BLE001  the test that asks next raises it
            self._problem = problem

    def _look(self) -> Look:
        up = {host.name: host.pid for host in self._hosts}
        living = {name: pid for name, pid in up.items() if pid is not None}
        return Look(
            time.monotonic(),
            frozenset(name for name, pid in living.items() if _runs_keystone(pid)),
            frozenset(name for name, pid in living.items() if _has_address(pid)),
        )


def _runs_keystone(pid: int) -> bool:
    """Does a process of Keystone live in the host with this first process?"""
    processes = Path(f"/proc/{pid}/root/proc")
    try:
        # A host that boots still has the processes of this machine before its eyes.
        own = os.readlink(processes / "1/ns/pid") == os.readlink(f"/proc/{pid}/ns/pid")
        entries = [entry for entry in processes.iterdir() if own and entry.name.isdecimal()]
    except OSError:
        # The host has lost its power since.
        return False
    return any(_command(entry).startswith(b"/usr/bin/uwsgi") for entry in entries)


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def _has_address(pid: int) -> bool:
    """Does the network of the host with this first process have the virtual IP?"""
    try:
        return bool(_LOCAL.search(Path(f"/proc/{pid}/net/fib_trie").read_text()))
    except OSError:
        return False
