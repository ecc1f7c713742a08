"""Processes of the double: {pid: what is known of it}."""

from __future__ import annotations


class Processes(dict):
    def __init__(self, machine) -> None:
        self._machine = machine
        self.accounts: dict[str, tuple[int, int, str]] = {}
        self.silent_accounts: set[str] = set()
        """names that a directory of accounts does not answer for"""
        self.signals: list[tuple[int, str]] = []
        self.deaf_to_term: set[int] = set()
        self.deaf_to_kill: set[int] = set()
        self.seconds_to_end = 1.0
        self.dies_at: dict[int, float] = {}
        self.orphans_survive = False

    def _end(self, pid: int) -> None:
        """As the kernel does; its children are init's then, and follow if they are uwsgi's."""
        del self[pid]
        for child, process in list(self.items()):
            if process.parent == pid:
                process.parent = 1
                if not self.orphans_survive:
                    self._end(child)

    def _pass(self, now: float) -> None:
        """Time has come to *now*."""
        for pid, when in list(self.dies_at.items()):
            if when <= now and self.dies_at.pop(pid) and pid in self:
                self._end(pid)

    def account(self, name: str, seconds: float):
        if name in self.silent_accounts:
            self._machine.sleep(seconds)
            raise TimeoutError(110, f"nobody says within {seconds:.0f} s who user {name} is")
        return self.accounts.get(name)

    def ports(self, pids: list[int]) -> list[int]:
        network = self._machine.network
        inodes = {inode for pid in pids for inode in network.sockets(pid)}
        return sorted(port for port, listening in network.listeners.items() if listening & inodes)

    def pids(self) -> list[int]:
        return sorted(self)

    def stat(self, pid: int):
        process = self.get(pid)
        return process and (process.state, process.parent, process.session, process.start, process.name)

    def worked(self, pid: int) -> float:
        return self[pid].works * self._machine.now() if pid in self else 0.0

    def waited(self, pid: int) -> float:
        return self[pid].waits * self._machine.now() if pid in self else 0.0

    def command(self, pid: int) -> str:
        return self[pid].command if pid in self else ""

    def owner(self, pid: int) -> int | None:
        return self[pid].owner if pid in self else None

    def mark(self, pid: int) -> str:
        return self[pid].mark if pid in self else ""

    def family(self, pid: int) -> list[int]:
        found = [pid]
        for member in found:
            found += [child for child, process in self.items() if process.parent == member]
        return found

    def is_here(self, pid: int) -> bool:
        return pid in self and self[pid].here

    def signal(self, pid: int, start: int, name: str) -> None:
        process = self.get(pid)
        if process is None or process.start != start:
            return
        self.signals.append((pid, name))
        if name == "SIGCONT":
            process.state = "S"
        if name == "SIGKILL" and pid not in self.deaf_to_kill:
            self._end(pid)
        if name == "SIGTERM" and pid not in self.deaf_to_term:
            self.dies_at[pid] = self._machine.now() + self.seconds_to_end

    def wait(self, processes: list[tuple[int, int]], seconds: float) -> bool:
        assert seconds >= 0
        until = self._machine.now() + seconds
        while True:
            if not [1 for pid, start in processes if pid in self and self[pid].start == start]:
                return True
            if self._machine.now() >= until:
                return False
            self._machine.sleep(min(0.1, until - self._machine.now()))
