"""The pid file, which holds only the pid of the daemon's main process, as the old agents wrote it."""

from __future__ import annotations

from ..context import Context

_LONGEST = 64  # characters of a file that can be a pid file


class PidFile:
    """The pid file of one resource.  A file with other contents is not ours: it is never replaced or removed."""

    def __init__(self, context: Context) -> None:
        self._files = context.host.files
        self._log = context.log
        self._path = context.pid_file
        self._is_given = bool(context.get("pid"))

    def pid(self) -> int:
        """The pid in the file; 0 if it holds none.  Pid 1 is never the daemon, and kill(2) reads 0 and -1 otherwise."""
        try:
            words = (self._read() or "").split()
        except OSError as problem:
            self._log.debug(f"{self._path}: {problem.strerror}")
            return 0
        return int(words[0]) if words and _is_pid(words[0]) else 0

    def refusal(self) -> str:
        """Why the agent does not write to this path, for a reason; "" if it may."""
        kind = self._files.kind(self._path)
        if not self._path.startswith("/"):
            return f"pid: {self._path!r} is not an absolute path"
        if kind not in ("", "file"):
            return f"pid: {self._path} is a {kind}"
        if not self._is_given:
            # Nobody but the agents writes there.
            return ""
        try:
            words = (self._read() or "").split()
        except OSError as problem:
            return f"pid: {self._path}: {problem.strerror}"
        return "" if not kind or (len(words) == 1 and words[0].isdecimal()) else f"pid: {self._path} is no pid file"

    def write(self, pid: int) -> None:
        """Write the file.  If that fails, the launch record or a search finds the daemon."""
        trouble = self.refusal()
        if trouble:
            self._log.warn(f"{trouble}; it stays as it is")
            return
        try:
            self._files.write(self._path, f"{pid}\n", 0o644)
        except OSError as problem:
            self._log.warn(f"pid: {self._path}: {problem.strerror}")

    def remove(self) -> None:
        """Remove the file, because the daemon is down."""
        trouble = self.refusal()
        if trouble:
            self._log.warn(f"{trouble}; it stays as it is")
            return
        try:
            self._files.remove(self._path)
        except OSError as problem:
            self._log.warn(f"{self._path}: {problem.strerror}")

    def _read(self) -> str | None:
        """The text, if it can be that of a pid file."""
        if self._files.kind(self._path) != "file" or self._files.size(self._path) > _LONGEST:
            return "no pid" if self._files.kind(self._path) else None
        return self._files.read(self._path)


def _is_pid(word: str) -> bool:
    return word.isdecimal() and word.isascii() and len(word) < 11 and 1 < int(word) < 1 << 31
