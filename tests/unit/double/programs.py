"""Programs of the double: the paths of those that are installed."""

from __future__ import annotations

import types


class Programs(set):
    def __init__(self, machine) -> None:
        self._machine = machine
        self._next_pid = 500
        self.launched: list[types.SimpleNamespace] = []
        self.launch_fails: str | None = None
        self.query: tuple[int, str] | None = (0, "")
        self.queries: list[str] = []

    def find(self, name: str) -> str | None:
        return next((path for path in (name, f"/usr/bin/{name}") if path in self), None)

    def launch(self, argv: list[str], user: str, environment: dict[str, str], directory: str, log: str) -> int:
        if self.launch_fails:
            raise PermissionError(13, self.launch_fails)
        assert argv[0].startswith("/"), "a program is started by its full path"
        self._next_pid += 1
        self.launched.append(
            types.SimpleNamespace(argv=argv, user=user, environment=environment, directory=directory, log=log)
        )
        owner = self._machine.processes.accounts[user][0]
        return self._machine.process(self._next_pid, command="\0".join(argv) + "\0", owner=owner)

    def ended(self, pid: int) -> str | None:
        return None if pid in self._machine.processes else "exit status 1"

    def run_as(self, user: str, argv: list[str], text: str, seconds: float):
        self.queries.append(text)
        return self.query

    def ask(self, argv: list[str], seconds: float):
        raise AssertionError(f"nobody said what {argv} answers")
