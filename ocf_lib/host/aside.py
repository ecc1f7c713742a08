"""Work that may hang for longer than anybody can wait, in a child process that the agent abandons.

Nothing interrupts a lookup of a name or an account: the C library waits for a
server as long as it likes, and no signal ends that.  A thread could not be
abandoned, and the modules for it cost more than a child: 0.7 ms altogether.
"""

from __future__ import annotations

import posix
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, NoReturn, TypeVar

    Result = TypeVar("Result")


class Aside:
    """A child process that does some work.  ``answer`` has to be called; it ends the child."""

    def __init__(self, work: Callable[[], bytes], seconds: float) -> None:
        """Begin *work*, which has to be done within *seconds*.  Raises OSError if there can be no further process."""
        self._until = time.monotonic() + seconds
        self._reading, writing = posix.pipe()
        try:
            self._pid = posix.fork()
        except OSError:
            posix.close(self._reading)
            posix.close(writing)
            raise
        if self._pid == 0:
            _perform(work, seconds, writing)
        posix.close(writing)

    def answer(self) -> bytes:
        """What the work returned.

        Raises TimeoutError if the time is over, and ChildProcessError if the work failed, or something killed the child.
        """
        import select

        answer = b""
        try:
            while True:
                ready, _, _ = select.select([self._reading], [], [], max(self._until - time.monotonic(), 0))
                if not ready:
                    raise TimeoutError(110, posix.strerror(110))  # ETIMEDOUT
                piece = posix.read(self._reading, 1 << 16)
                if not piece:
                    break
                answer += piece
        finally:
            posix.close(self._reading)
            # A child that has already ended keeps its status.
            posix.kill(self._pid, 9)
            # A child whose disk hangs does not even end with SIGKILL.  Nobody waits for it longer than this.
            status = ended(self._pid, 0.5)
        if status != 0:
            raise ChildProcessError(10, posix.strerror(10))  # ECHILD
        return answer


def apart(work: Callable[[], Result], seconds: float) -> Result:
    """Do *work* in a child process, as ``Itself.apart`` describes."""
    import pickle

    def report() -> bytes:
        try:
            return pickle.dumps((work(), None))
        except Exception as problem:
            if type(problem).__module__.partition(".")[0] not in ("builtins", __package__.partition(".")[0]):
                # Only the child can load the module of this exception.
                return pickle.dumps((None, RuntimeError(f"{type(problem).__name__}: {problem}")))
            return pickle.dumps((None, problem))

    result, problem = pickle.loads(Aside(report, seconds).answer())  # noqa: S301  our own child wrote it
    if problem:
        raise problem
    return result  # type: ignore[no-any-return]


def ended(pid: int, seconds: float) -> int | None:
    """The status of a child that ends within *seconds*, as waitpid(2) gives it; None if it does not end."""
    until = time.monotonic() + seconds
    while True:
        done, status = posix.waitpid(pid, posix.WNOHANG)
        if done:
            return status
        if time.monotonic() >= until:
            return None
        time.sleep(0.001)


def _perform(work: Callable[[], bytes], seconds: float, writing: int) -> NoReturn:
    """In the child: do the work, write down what it returns, and end."""
    status = 1
    try:
        import _signal

        # If something kills the agent, nobody else ends the child.
        _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
        _signal.setitimer(_signal.ITIMER_REAL, seconds + 1)
        left = work()
        while left:
            left = left[posix.write(writing, left) :]
        status = 0
    finally:
        posix._exit(status)
