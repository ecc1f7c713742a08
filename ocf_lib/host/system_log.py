"""The system log: lines for the program that reads /dev/log, in the form of syslog(3).

syslog(3) itself waits for as long as that program does not read.  No action may
outlive its timeout because journald hangs.
"""

from __future__ import annotations

import errno
import time

PLACE = "/dev/log"
_SECONDS = 0.5
"""Time for the reader to make room for a line."""


class SystemLog:
    """The system log, as one run of the agent writes to it."""

    def __init__(self) -> None:
        self._seconds = _SECONDS

    def write(self, priority: int, tag: str, text: str) -> None:
        """Write one line.  If nobody reads, the line is lost: there is nobody else to tell."""
        import _socket

        line = f"<{priority}>{time.strftime('%b %e %T')} {tag}: {text}".encode("utf-8", "replace")
        try:
            try:
                self._send(_socket.SOCK_DGRAM, line)
            except OSError as problem:
                if problem.errno != errno.EPROTOTYPE:
                    raise
                # syslog-ng may read a stream.
                self._send(_socket.SOCK_STREAM, line + b"\0")
        except OSError:
            # The next lines do not wait again.
            self._seconds = 0.0

    def _send(self, kind: int, line: bytes) -> None:
        import _socket

        sender = _socket.socket(_socket.AF_UNIX, kind)
        try:
            sender.settimeout(self._seconds)
            sender.connect(PLACE)
            sender.sendall(line)
        finally:
            sender.close()
