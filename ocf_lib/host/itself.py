"""This process and the host it runs on: clock, name, messages, the interpreter."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


class Itself:
    """The process that performs the action."""

    def now(self) -> float:
        """Seconds on a clock that never goes backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def date(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def date_text(self, form: str, date: float) -> str:
        """The local date as strftime(3) writes it in *form*."""
        return time.strftime(form, time.localtime(date))

    def name(self) -> str:
        """The name of this host, as its services report it."""
        return os.uname().nodename

    def pid(self) -> int:
        return os.getpid()

    def open_site(self) -> None:
        """Let the next imports find Debian's or the distribution's Python packages."""
        open_site()

    def begin_again(self, argv: list[str]) -> str:
        """Let the program that *argv* names take this process's place; returns, with the reason, only if it cannot."""
        try:
            os.execv(argv[0], argv)  # noqa: S606  our own program, with our own arguments
        except OSError as problem:
            return f"{argv[0]}: {problem.strerror}"

    def limit(self, seconds: float) -> Limit:
        """``with host.itself.limit(s):`` raises TimeoutError in the block after *s* seconds, whatever it waits for."""
        return Limit(seconds)

    def syslog(self, facility: str, priority: str, tag: str, text: str) -> None:
        """One line to the system log."""
        import syslog

        number = getattr(syslog, f"LOG_{facility.upper()}", syslog.LOG_DAEMON)
        syslog.openlog(tag, 0, number)
        syslog.syslog(getattr(syslog, f"LOG_{priority.upper()}"), text)

    def has_terminal(self) -> bool:
        """Does a person sit at our standard input?"""
        try:
            return os.isatty(0)
        except OSError:
            return False

    def say(self, text: str) -> None:
        """One line on standard error, where nothing else may log."""
        sys.stderr.write(text)


def open_site() -> None:
    """Put the distribution's packages on the path of imports.

    The agents run with -S: nobody's .pth files are executed, and a monitor
    that needs no package does not pay for their directory.
    """
    if not any(path.endswith(("dist-packages", "site-packages")) for path in sys.path):
        import site

        site.main()


class _Over(BaseException):
    """Time is up.  Not an Exception: libraries catch those, and would make another error of it."""


class Limit:
    """A bound on a block of code that we did not write and that waits where it likes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = max(seconds, 0.05)

    def __enter__(self) -> None:
        import signal

        def over(_number: int, _frame: FrameType | None) -> None:
            raise _Over

        signal.signal(signal.SIGALRM, over)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, kind: type[BaseException] | None, *_what: object) -> None:
        import signal

        signal.setitimer(signal.ITIMER_REAL, 0)
        if kind is _Over:
            raise TimeoutError from None
