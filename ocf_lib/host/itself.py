"""The agent's own process, and name and address of its host: clock, messages, time limits, the Python interpreter."""

from __future__ import annotations

import posix
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, TypeVar

    from .lock import Lock
    from .system_log import SystemLog

    Result = TypeVar("Result")


class Itself:
    """The agent's own process, which performs the action."""

    def __init__(self) -> None:
        self._system_log: SystemLog | None = None

    def now(self) -> float:
        """Seconds on a clock that never goes backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def date(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def date_text(self, form: str, date: float) -> str:
        """*date* in local time, in the format *form* of strftime(3)."""
        return time.strftime(form, time.localtime(date))

    def name(self) -> str:
        """The name of this host; OpenStack's services report it unless their configuration has another."""
        return posix.uname().nodename

    def address(self) -> str:
        """The IPv4 address from which this host sends to others; "127.0.0.1" if it has no route.

        It is the default of ``my_ip`` in OpenStack: ``get_my_ipv4`` of oslo.utils.  Nothing is sent.
        """
        import _socket

        probe = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        try:
            # An address for documentation, RFC 5737, as in oslo.utils.
            probe.connect(("192.0.2.0", 80))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
        finally:
            probe.close()

    def pid(self) -> int:
        return posix.getpid()

    def open_site(self) -> None:
        """Let later imports find the distribution's Python packages."""
        open_site()

    def begin_again(self, argv: list[str], mark: str) -> str:
        """Replace this process by the program in *argv*, with *mark* in its environment.

        Returns only if that fails: the reason.
        """
        posix.putenv(mark, "1")
        try:
            posix.execv(argv[0], argv)
        except OSError as problem:
            return f"{argv[0]}: {problem.strerror}"

    def apart(self, work: Callable[[], Result], seconds: float) -> Result:
        """Do *work* in a child process, and return what it returns, or raise what it raises.

        What the work imports or changes is gone with the child.  Raises
        TimeoutError after *seconds*, whatever the work waits for, and
        ChildProcessError if something killed the child.  A further exception
        that is neither Python's nor ours comes as RuntimeError.
        """
        from . import aside

        return aside.apart(work, seconds)

    def lock(self, path: str) -> Lock | None:
        """The lock of *path*, which is made if it is missing; None if another process holds it.  Raises OSError."""
        from . import lock

        return lock.take(path)

    def syslog(self, facility: str, priority: str, tag: str, text: str) -> None:
        """Write one line to the system log.  If nobody reads there, the line is lost."""
        import syslog

        if self._system_log is None:
            from .system_log import SystemLog

            self._system_log = SystemLog()
        number: int = getattr(syslog, f"LOG_{facility.upper()}", syslog.LOG_DAEMON)
        self._system_log.write(number | getattr(syslog, f"LOG_{priority.upper()}"), tag, text)

    def has_terminal(self) -> bool:
        """Is standard input a terminal, so that a person called the agent?"""
        try:
            return posix.isatty(0)
        except OSError:
            return False

    def say(self, text: str) -> None:
        """Write *text*, one line, to standard error."""
        sys.stderr.write(text)


def open_site() -> None:
    """Add the directories of the distribution's packages to sys.path.

    The agents run with -S.  So Python executes no .pth file as root, and a
    monitor that needs no package does not pay for these directories.
    """
    if not any(path.endswith(("dist-packages", "site-packages")) for path in sys.path):
        import site

        site.main()
