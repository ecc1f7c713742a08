"""Programs of the host: find one, launch a daemon, run a short program, learn how a child process ended."""

from __future__ import annotations

import posix
import select
import time

from . import accounts
from .aside import ended
from .files import is_file, make_directory
from .launch import Launch
from .processes import DAEMON_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Programs:
    """Three ways to start a program: as a daemon, as a short program of a user, as a short program of root."""

    def find(self, name: str) -> str | None:
        """The full path of an executable file, or None."""
        if "/" in name:
            candidates = [name]
        else:
            candidates = [f"{directory}/{name}" for directory in DAEMON_PATH.split(":")]
        for path in candidates:
            if is_file(path) and posix.access(path, posix.X_OK):
                return path
        return None

    def launch(self, argv: list[str], user: str, environment: dict[str, str], directory: str, log: str) -> Launch:
        """Make a child that becomes a daemon.  Raises OSError.  ``Launch`` describes the arguments."""
        make_directory(log.rpartition("/")[0], 0o750)
        return Launch(argv, user, environment, directory, log)

    def ended(self, pid: int) -> str | None:
        """How a child of the agent ended ("exit status 1", "signal 9"), or None while it runs."""
        try:
            done, status = posix.waitpid(pid, posix.WNOHANG)
        except ChildProcessError:
            return "no longer there"
        if done == 0:
            return None
        code = posix.waitstatus_to_exitcode(status)
        return f"exit status {code}" if code >= 0 else f"signal {-code}"

    def run_as(self, user: str, argv: list[str], text: str, seconds: float) -> tuple[int, str] | None:
        """Run a short program as *user*, with *text* as its input.

        Returns (exit status, output), or None if the program, or the look-up of *user*, takes longer than *seconds*.
        """
        import subprocess

        until = time.monotonic() + seconds
        try:
            identity = _identity(user, seconds)
            done = subprocess.run(
                argv,
                input=text,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # What /etc/default exports may be in another encoding, and reaches the daemon as it is.
                encoding="utf-8",
                errors="surrogateescape",
                timeout=max(until - time.monotonic(), 0.1),
                cwd="/",
                env={"PATH": DAEMON_PATH, "LANG": "C.UTF-8"},
                check=False,
                **identity,
            )
        except (subprocess.TimeoutExpired, TimeoutError):
            return None
        return done.returncode, done.stdout

    def ask(self, argv: list[str], seconds: float) -> tuple[int, str]:
        """Run a short program of the system: (exit status, output).

        Raises TimeoutError, and OSError if there is no such program.  It uses
        posix_spawn, because every monitor of a unit calls it.  subprocess would
        cost twice as much as the rest of such a monitor.
        """
        reading, writing = posix.pipe()
        actions = [
            (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0),
            (posix.POSIX_SPAWN_DUP2, writing, 1),
            (posix.POSIX_SPAWN_DUP2, writing, 2),
        ]
        environment = {"PATH": DAEMON_PATH, "LC_ALL": "C"}
        try:
            pid = posix.posix_spawn(argv[0], argv, environment, file_actions=actions, setpgroup=0)
        except OSError:
            posix.close(reading)
            raise
        finally:
            posix.close(writing)
        until = time.monotonic() + seconds
        output = b""
        try:
            while True:
                ready, _, _ = select.select([reading], [], [], max(until - time.monotonic(), 0))
                if not ready:
                    posix.killpg(pid, 9)
                    raise TimeoutError(f"{' '.join(argv)} did not end in {seconds:.0f} s")
                piece = posix.read(reading, 65536)
                if not piece:
                    break
                output += piece
        finally:
            posix.close(reading)
            # A program whose disk hangs does not even end with SIGKILL.  Nobody waits for it longer than this.
            status = ended(pid, max(until - time.monotonic(), 1.0))
        if status is None:
            posix.killpg(pid, 9)
            ended(pid, 0.5)
            raise TimeoutError(f"{' '.join(argv)} did not end in {seconds:.0f} s")
        return posix.waitstatus_to_exitcode(status), output.decode("utf-8", "replace")


def _identity(user: str, seconds: float) -> dict[str, Any]:
    """The arguments of subprocess that make a child run as *user*; none in a test without root."""
    found = accounts.identity(user, seconds)
    return dict(zip(("user", "group", "extra_groups"), found)) if found else {}
