"""The process that performs the action, in the double: a clock, and what was said."""

from __future__ import annotations

import types


class Itself:
    def __init__(self, machine) -> None:
        self._machine = machine
        self._clock = 1000.0
        self.slept = 0.0
        self.clock_set = 0.0
        """seconds by which somebody has set the date, but not the clock of ``now``"""
        self.said: list[str] = []
        self.logged: list[tuple[str, str]] = []
        self.locks: list[str] = []
        """the locks that this process took and released, in this order"""
        self.locked_until = 0.0
        """another process holds every lock until then"""

    def now(self) -> float:
        return self._clock

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "time does not run backwards"
        self._clock += seconds
        self.slept += seconds
        self._machine.processes._pass(self._clock)

    def date(self) -> float:
        return 1_700_000_000.0 + self._clock + self.clock_set

    def date_text(self, form: str, date: float) -> str:
        return f"{form} "

    def name(self) -> str:
        return "controller"

    def address(self) -> str:
        return "192.0.2.7"

    def pid(self) -> int:
        return 7777

    def open_site(self) -> None:
        """The tests' packages are found already."""

    def begin_again(self, argv: list[str], mark: str) -> str:
        raise AssertionError("nothing was said to replace the package")

    def apart(self, work, seconds: float):
        """There are no child processes."""
        return work()

    def lock(self, path: str):
        self._machine.files._touch(path)
        if self._clock < self.locked_until:
            return None
        self.locks.append(path)
        return types.SimpleNamespace(release=lambda: self.locks.append(f"{path} released"))

    def syslog(self, facility: str, priority: str, tag: str, text: str) -> None:
        assert "\0" not in text, "Python 3.12 and later raise ValueError"
        text.encode()
        self.logged.append((priority, text))

    def has_terminal(self) -> bool:
        return False

    def say(self, text: str) -> None:
        self.said.append(text)
