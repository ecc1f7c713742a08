"""Give a directory of root to an account, as systemd does with those of a unit below /run."""

from __future__ import annotations

import posix

_DIRECTORY_ITSELF = posix.O_RDONLY | posix.O_DIRECTORY | posix.O_NOFOLLOW | posix.O_CLOEXEC


def give(path: str, uid: int, gid: int) -> None:
    """Give the directory *path* to (*uid*, *gid*) if root owns it.  Raises OSError.

    No step follows a link.  In /run/lock everybody may make one, and below a
    directory that was given away its owner may.
    """
    if posix.stat(path).st_uid != 0:
        return
    descriptor = posix.open("/", _DIRECTORY_ITSELF)
    try:
        for name in path.strip("/").split("/"):
            inner = posix.open(name, _DIRECTORY_ITSELF, dir_fd=descriptor)
            posix.close(descriptor)
            descriptor = inner
        # Another one may stand there by now.
        if posix.fstat(descriptor).st_uid == 0:
            posix.fchown(descriptor, uid, gid)
    except NotADirectoryError:
        raise NotADirectoryError(20, "a link leads there, so its owner stays", path) from None
    finally:
        posix.close(descriptor)
