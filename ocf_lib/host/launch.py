"""The launch of a daemon: a child of the agent that waits until everything around it is ready.

While the child waits, the agent puts it into a control group, sets its limits,
and writes down which process it is.  So no daemon runs that nobody knows.  If
the agent dies in between, the child ends, and has done nothing.
"""

from __future__ import annotations

import posix

from . import accounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    Limits = dict[str, tuple[int, int]]
    """{name as in setrlimit(2), without RLIMIT_: (soft, hard)}; a negative number means no limit."""

_ACCOUNT_KNOWN = 5.0
"""Time for a directory of accounts to say who the user is.  Measured: 0.001 from files."""
_CANNOT = 127
"""Exit status of a child that does not become the daemon: sh(1)."""


class Launch:
    """A child process in a session of its own.  With ``go`` it becomes the daemon."""

    def __init__(self, argv: list[str], user: str, environment: dict[str, str], directory: str, log: str) -> None:
        """Make the child.  Raises OSError if that is impossible, or if *log* cannot be written.

        The daemon will run as *user* in *directory*, with no variable but those
        of *environment*.  Its output is added to *log* (owner root, mode 0640),
        its input is empty, and its umask is 022.
        """
        self._argv = argv
        self._environment = environment
        self._directory = directory
        self._account = accounts.identity(user, _ACCOUNT_KNOWN)
        # With O_NONBLOCK, a FIFO that nobody reads is an error, and does not hold up the agent.
        flags = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_NOFOLLOW | posix.O_NONBLOCK
        self._output = posix.open(log, flags, 0o640)
        self._word, self._say = posix.pipe()
        self._failure, self._fail = posix.pipe()
        self.pid = posix.fork()
        if self.pid == 0:
            self._become()
        for descriptor in (self._output, self._word, self._fail):
            posix.close(descriptor)

    def limit(self, limits: Limits) -> None:
        """Set resource limits of the child.  One that this host does not allow becomes the highest that it allows."""
        import resource

        for name, (soft, hard) in limits.items():
            number = getattr(resource, f"RLIMIT_{name}")
            try:
                resource.prlimit(self.pid, number, (soft, hard))
            except (ValueError, OverflowError, PermissionError):
                _, most = resource.prlimit(self.pid, number)
                resource.prlimit(self.pid, number, (most if most >= 0 and not 0 <= soft < most else soft, most))

    def go(self, seconds: float) -> None:
        """Let the child become the daemon.  Raises OSError if the program cannot be executed within *seconds*."""
        import select

        posix.write(self._say, b"g")
        posix.close(self._say)
        ready, _, _ = select.select([self._failure], [], [], seconds)
        if not ready:
            # Its disk hangs.  The child must not become the daemon when nobody waits for it any more.
            posix.kill(self.pid, 9)
            raise TimeoutError(110, f"its disk does not answer in {seconds:.0f} s")  # ETIMEDOUT
        number = posix.read(self._failure, 16)
        posix.close(self._failure)
        if number:
            posix.waitpid(self.pid, 0)
            raise OSError(int(number), posix.strerror(int(number)))

    def _become(self) -> NoReturn:
        """In the child: wait for the word, then become the daemon."""
        try:
            posix.setsid()
            posix.close(self._say)
            if posix.read(self._word, 1):
                self._execute()
        except OSError as problem:
            posix.write(self._fail, str(problem.errno or 5).encode())  # EIO
        except ValueError:
            # There is a NUL in a variable or an argument.
            posix.write(self._fail, b"22")  # EINVAL
        finally:
            posix._exit(_CANNOT)

    def _execute(self) -> None:
        import _signal

        # The interpreter ignores these two, and a program inherits what is ignored.
        for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
            _signal.signal(number, _signal.SIG_DFL)
        if self._account:
            uid, gid, groups = self._account
            posix.setgroups(groups)
            posix.setregid(gid, gid)
            posix.setreuid(uid, uid)
        posix.umask(0o022)
        posix.chdir(self._directory)
        posix.dup2(posix.open("/dev/null", posix.O_RDONLY), 0)
        posix.dup2(self._output, 1)
        posix.dup2(self._output, 2)
        # What Pacemaker and the agent have open is not the daemon's.  The list holds a descriptor of its own, too.
        for name in posix.listdir("/proc/self/fd"):
            if int(name) > 2 and _is_open(int(name)):
                posix.set_inheritable(int(name), False)
        posix.execve(self._argv[0], self._argv, self._environment)


def _is_open(descriptor: int) -> bool:
    try:
        posix.fstat(descriptor)
    except OSError:
        return False
    return True
