"""Files and directories of the host: read, write, list, and who may read them."""

from __future__ import annotations

import posix

_READ_LIMIT = 1 << 20
# Of a file's mode: inode(7).
_KIND, _FILE, _DIRECTORY = 0o170000, 0o100000, 0o040000
_KINDS = {_FILE: "file", _DIRECTORY: "directory", 0o120000: "link", 0o010000: "FIFO", 0o140000: "socket"}


class Files:
    """What the agents do with files."""

    def read(self, path: str) -> str | None:
        """The text of *path* (its first MiB), or None if there is no such file.

        Raises OSError if something is there, but is no file or cannot be read.
        """
        try:
            with open(path, "rb", opener=_only_file) as file:
                return file.read(_READ_LIMIT).decode("utf-8", "replace")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, text: str, mode: int) -> None:
        """Write *text* to *path*, whole or not at all, with exactly *mode*.

        Makes the directory if it is missing.  The new file is renamed over the
        old one.  So a link that somebody planted there is replaced, never followed.
        """
        if not path.startswith("/"):
            raise FileNotFoundError(2, "Not an absolute path", path)
        make_directory(path.rpartition("/")[0], 0o755)
        part = f"{path}.{posix.getpid()}"
        self.remove(part)
        descriptor = posix.open(part, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_NOFOLLOW, 0o600)
        try:
            try:
                posix.fchmod(descriptor, mode)
                left = text.encode()
                while left:
                    # A file system that is nearly full takes a part.
                    left = left[posix.write(descriptor, left) :]
            finally:
                posix.close(descriptor)
            posix.rename(part, path)
        except OSError:
            self.remove(part)
            raise

    def append(self, path: str, text: str) -> None:
        """Add *text* to a log file.  Makes the file (mode 0640) if it is missing."""
        # With O_NONBLOCK, a pipe that nobody reads is an error, and does not hold up the agent.
        flags = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC | posix.O_NONBLOCK
        descriptor = posix.open(path, flags, 0o640)
        try:
            posix.write(descriptor, text.encode("utf-8", "replace"))
        finally:
            posix.close(descriptor)

    def make_directory(self, path: str, mode: int, owner: tuple[int, int] | None = None) -> None:
        """Make the directory *path* and its parents.  If root owns *path*, the *owner* (uid, gid) gets it."""
        make_directory(path, mode, owner)

    def remove(self, path: str) -> None:
        """Remove a file.  A missing file is no error."""
        try:
            posix.unlink(path)
        except FileNotFoundError:
            return

    def names(self, directory: str) -> list[str]:
        """The names in a directory, sorted; none if the directory is missing or cannot be read."""
        try:
            return sorted(posix.listdir(directory))
        except OSError:
            return []

    def directories(self, directory: str) -> list[str]:
        """The names of the directories in a directory, sorted; none if it is missing or cannot be read."""
        try:
            with posix.scandir(directory) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError:
            return []

    def version_of(self, path: str) -> str:
        """A text that changes if the file changes."""
        try:
            seen = posix.stat(path)
        except OSError:
            return "none"
        return f"{seen.st_ino} {seen.st_size} {seen.st_mtime_ns}"

    def size(self, path: str) -> int:
        """The size of *path* in bytes; 0 if it is missing."""
        try:
            return posix.stat(path).st_size
        except OSError:
            return 0

    def tail(self, path: str, start: int) -> str:
        """The text that *path* holds after its first *start* bytes; at most the last 8 KiB."""
        try:
            with open(path, "rb", opener=_only_file) as file:
                file.seek(max(start, posix.fstat(file.fileno()).st_size - 8192))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def kind(self, path: str) -> str:
        """What stands at *path* itself: "file", "directory", "link", "device", "FIFO", "socket"; "" if nothing does."""
        try:
            mode = posix.lstat(path).st_mode
        except (OSError, ValueError):
            return ""
        return _KINDS.get(mode & _KIND, "device")

    def is_file(self, path: str) -> bool:
        return is_file(path)

    def is_directory(self, path: str) -> bool:
        return is_directory(path)

    def refusal(self, path: str, user: str, seconds: float) -> str | None:
        """Why *user* cannot read *path* ("Permission denied", ...), or None if the user can.

        The directory of accounts (LDAP, SSSD) has *seconds* to answer, and the disk has as many.
        A child process opens the file as that user.  The mode bits alone would
        not tell: there are groups, access lists and network file systems.
        Raises OSError: TimeoutError if one of the two hangs, ChildProcessError if something killed the child,
        BlockingIOError if there can be no further process.
        """
        from . import accounts
        from .aside import Aside

        who = accounts.identity(user, seconds)

        def read() -> bytes:
            try:
                if who:
                    uid, gid, groups = who
                    posix.setgroups(groups)
                    posix.setgid(gid)
                    posix.setuid(uid)
                posix.close(posix.open(path, posix.O_RDONLY | posix.O_NONBLOCK))
            except OSError as problem:
                return (problem.strerror or str(problem)).encode()
            return b""

        try:
            return Aside(read, seconds).answer().decode() or None
        except TimeoutError:
            raise TimeoutError(110, f"its disk does not answer in {seconds:.0f} s") from None
        except ChildProcessError:
            raise ChildProcessError(10, "something killed the process that opens it") from None


def make_directory(path: str, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Make *path* and its parents; of one that exists, only the owner may change.  Raises OSError."""
    if path and _kind(path) != _DIRECTORY:
        make_directory(path.rpartition("/")[0], 0o755)
        try:
            posix.mkdir(path, mode)
        except FileExistsError:
            if _kind(path) != _DIRECTORY:
                raise
    if owner and owner[0] != 0:
        from .owner import give

        give(path, *owner)


def is_file(path: str) -> bool:
    """Is there a file of this path, or a link to one?"""
    return _kind(path) == _FILE


def is_directory(path: str) -> bool:
    """Is there a directory of this path, or a link to one?"""
    return _kind(path) == _DIRECTORY


def _only_file(path: str, flags: int) -> int:
    """Open *path* for open().  Raises OSError if it is no file: a FIFO or a terminal would hold up the agent."""
    descriptor = posix.open(path, flags | posix.O_NONBLOCK)
    if posix.fstat(descriptor).st_mode & _KIND != _FILE:
        posix.close(descriptor)
        raise OSError(22, "Not a regular file", path)  # EINVAL
    return descriptor


def _kind(path: str) -> int:
    """What kind of thing stands at *path*, 0 if there is none."""
    try:
        return posix.stat(path).st_mode & _KIND
    except (OSError, ValueError):
        return 0
