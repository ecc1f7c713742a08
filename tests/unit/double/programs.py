"""Programs of the double: the paths of those that are installed."""

from __future__ import annotations

import types


class Programs(set):
    def __init__(self, machine) -> None:
        self._machine = machine
        self._next_pid = 500
        self.launched: list[Launch] = []
        self.launch_fails: str | None = None
        self.query: tuple[int, str] | None = (0, "")
        self.queries: list[str] = []

    def find(self, name: str) -> str | None:
        return next((path for path in (name, f"/usr/bin/{name}") if path in self), None)

    def launch(self, argv: list[str], user: str, environment: dict[str, str], directory: str, log: str) -> Launch:
        assert argv[0].startswith("/"), "a program is started by its full path"
        self._next_pid += 1
        self.launched.append(
            Launch(
                self._machine,
                self._next_pid,
                types.SimpleNamespace(**{k: v for k, v in locals().items() if k != "self"}),
            )
        )
        return self.launched[-1]

    def ended(self, pid: int) -> str | None:
        return None if pid in self._machine.processes else "exit status 1"

    def run_as(self, user: str, argv: list[str], text: str, seconds: float):
        self.queries.append(text)
        return self.query

    def ask(self, argv: list[str], seconds: float):
        raise AssertionError(f"nobody said what {argv} answers")


class Launch:
    """A child that waits, and becomes the daemon with ``go``."""

    def __init__(self, machine, pid: int, asked: types.SimpleNamespace) -> None:
        self._machine = machine
        self._asked = asked
        self.pid = machine.process(pid, command="/usr/bin/python3\0-IS\0agent\0start\0", owner=0, name="keystone")
        self.limits: dict[str, tuple[int, int]] = {}

    def __getattr__(self, name: str):
        return getattr(self._asked, name)

    def limit(self, limits) -> None:
        self.limits.update(limits)

    def go(self, seconds: float) -> None:
        process = self._machine.processes[self.pid]
        if self._machine.programs.launch_fails:
            self._machine.kill(self.pid)
            raise PermissionError(13, self._machine.programs.launch_fails)
        process.command = "\0".join(self.argv) + "\0"
        process.name = self.argv[0].rpartition("/")[2][:15]
        process.owner = self._machine.processes.accounts[self.user][0]
        process.mark = self.environment["OPENSTACK_RESOURCE"]
