"""A lock between processes of this host.  It ends with the process that holds it, whatever ends that."""

from __future__ import annotations

import posix

from .files import make_directory


class Lock:
    """The lock of one file.  A child process that outlives the holder keeps it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        posix.close(self._descriptor)


def take(path: str) -> Lock | None:
    """The lock of *path*, or None if another process holds it.  Raises OSError."""
    import fcntl

    make_directory(path.rpartition("/")[0], 0o755)
    descriptor = posix.open(path, posix.O_RDWR | posix.O_CREAT | posix.O_NOFOLLOW | posix.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        posix.close(descriptor)
        return None
    except OSError:
        posix.close(descriptor)
        raise
    return Lock(descriptor)
