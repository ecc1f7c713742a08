"""The system log: lines for the program that reads /dev/log, in the form of syslog(3).

syslog(3) itself waits for as long as that program does not read.  No action may
outlive its timeout because journald hangs.
"""

from __future__ import annotations

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

        line = f"<{priority}>{time.strftime('%b %e %T')} {tag}: {text}"
        sender = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
        try:
            sender.settimeout(self._seconds)
            sender.sendto(line.encode("utf-8", "replace"), PLACE)
        except OSError:
            # The next lines do not wait again.
            self._seconds = 0.0
        finally:
            sender.close()
