"""Somebody who looks at the processes of all hosts all the time: does a single instance ever run on two of them?"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from tests.box.machine import Host

EVERY = 0.3
"""Seconds between two looks."""
_TICKS = 100
"""Ticks of a second in which the kernel counts; all hosts have the same kernel, and so the same clock."""


class Watch:
    """A context manager.  *marks* is {resource: words that only the command line of its daemon has}."""

    def __init__(self, hosts: list[Host], marks: dict[str, tuple[str, ...]]) -> None:
        self.hosts = hosts
        self.marks = marks
        self.lives: dict[tuple[str, str, int], tuple[int, int]] = {}
        """{(resource, host, pid): (when it started, when it was last seen)} in ticks since the machine booted"""
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._over.set()
        self._thread.join()

    def twice(self) -> list[str]:
        """Each pair of lives of one resource on two hosts, of which the second began before the first was over."""
        found = []
        for (name, host, pid), (_, last) in self.lives.items():
            for (other, elsewhere, second), (start, until) in self.lives.items():
                if other == name and elsewhere != host and start < last and until >= last:
                    found.append(f"{name}: pid {pid} of {host} lived when pid {second} of {elsewhere} had started")
        return found

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            for host in self.hosts:
                root = Path(f"/proc/{host.pid}/root")
                # While a host boots, this is still the root of the machine, with everybody's processes.
                if (root / "run/power-switch").exists():
                    self._look(host.name, root / "proc")
            self.looks += 1

    def _look(self, host: str, proc: Path) -> None:
        try:
            entries = [entry for entry in proc.iterdir() if entry.name.isdecimal()]
        except OSError:
            return  # the host has lost its power meanwhile
        for entry in entries:
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                name = next(
                    (name for name, words in self.marks.items() if all(word in command for word in words)), None
                )
                if name is None:
                    continue
                now = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS)
                state, *fields = (entry / "stat").read_text(errors="replace").rpartition(") ")[2].split()
            except OSError:
                continue  # the process has ended meanwhile
            if state not in "ZX":
                self.lives[name, host, int(entry.name)] = int(fields[18]), now
