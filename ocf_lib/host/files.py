"""Files and directories of the host: read, write, list, and who may read them."""

from __future__ import annotations

import os
import time

_READ_LIMIT = 1 << 20


class Files:
    """What the agents do with files."""

    def read(self, path: str) -> str | None:
        """The text of *path* (its first MiB), or None if there is no such file.

        Raises OSError if the file exists, but cannot be read.
        """
        try:
            with open(path, "rb") as file:
                return file.read(_READ_LIMIT).decode("utf-8", "replace")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, text: str, mode: int) -> None:
        """Write *text* to *path*, whole or not at all, with exactly *mode*.

        Makes the directory if it is missing.  The new file is renamed over the
        old one.  So a link that somebody planted there is replaced, never followed.
        """
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        part = f"{path}.{os.getpid()}"
        self.remove(part)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(descriptor, mode)
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
        os.rename(part, path)

    def append(self, path: str, text: str) -> None:
        """Add *text* to a log file.  Makes the file (mode 0640) if it is missing."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            os.write(descriptor, text.encode("utf-8", "replace"))
        finally:
            os.close(descriptor)

    def make_directory(self, path: str, mode: int) -> None:
        """Make the directory *path* and its parents.  A directory that exists stays as it is."""
        os.makedirs(path, mode, exist_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file.  A missing file is no error."""
        try:
            os.unlink(path)
        except FileNotFoundError:
            return

    def names(self, directory: str) -> list[str]:
        """The names in a directory, sorted; none if the directory is missing or cannot be read."""
        try:
            return sorted(os.listdir(directory))
        except OSError:
            return []

    def directories(self, directory: str) -> list[str]:
        """The names of the directories in a directory, sorted; none if it is missing or cannot be read."""
        try:
            with os.scandir(directory) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError:
            return []

    def age(self, path: str) -> float | None:
        """Seconds since *path* was last written, or None if it is missing."""
        try:
            return time.time() - os.stat(path).st_mtime
        except FileNotFoundError:
            return None

    def version_of(self, path: str) -> str:
        """A text that changes if the file changes."""
        try:
            seen = os.stat(path)
        except OSError:
            return "none"
        return f"{seen.st_ino} {seen.st_size} {seen.st_mtime_ns}"

    def size(self, path: str) -> int:
        """The size of *path* in bytes; 0 if it is missing."""
        try:
            return os.stat(path).st_size
        except OSError:
            return 0

    def tail(self, path: str, start: int) -> str:
        """The text that *path* holds after its first *start* bytes; at most the last 8 KiB."""
        try:
            with open(path, "rb") as file:
                file.seek(max(start, os.fstat(file.fileno()).st_size - 8192))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

    def is_directory(self, path: str) -> bool:
        return os.path.isdir(path)

    def refusal(self, path: str, user: str) -> str | None:
        """Why *user* cannot read *path* ("Permission denied", ...), or None if the user can.

        A child process opens the file as that user.  The mode bits alone would
        not tell: there are groups, access lists and network file systems.
        """
        import pwd

        entry = pwd.getpwnam(user)
        groups = os.getgrouplist(user, entry.pw_gid)
        child = os.fork()
        if child == 0:
            status = 0
            try:
                if os.geteuid() == 0:
                    os.setgroups(groups)
                    os.setgid(entry.pw_gid)
                    os.setuid(entry.pw_uid)
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            except OSError as problem:
                status = problem.errno or 5  # EIO
            finally:
                os._exit(min(status, 255))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return os.strerror(status) if status else None
