"""A file to which the agent adds lines: a log of the cluster, or a trace.

The cluster and the operator name these files.  A device, a directory, a
relative path or a file with other contents stays as it is.
"""

from __future__ import annotations

from . import errors
from .host import Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .context import Context

_KERNELS = ("/proc/", "/sys/")


class LogFile:
    """One such file.  What is wrong with it is said once, on standard error: a healthy service must not look failed."""

    def __init__(self, host: Host, path: str) -> None:
        self._host = host
        self._path = path
        self._is_checked = False

    def append(self, text: str) -> None:
        """Add *text*.  Does nothing without a path, or for /dev/null."""
        if self._path in ("", "/dev/null"):
            return
        trouble = "" if self._is_checked else refusal(self._host, self._path)
        self._is_checked = True
        if not trouble:
            try:
                # The directory of a trace is made with its first line.
                self._host.files.make_directory(self._path.rpartition("/")[0], 0o755)
                self._host.files.append(self._path, text)
                return
            except OSError as problem:
                trouble = f"cannot be written: {problem.strerror or problem}"
        # In quotes: a path may hold a line that looks like an exit reason.
        self._host.itself.say(f"nothing is logged to {self._path!r}: it {trouble}\n")
        self._path = ""


def check_trace(context: Context) -> None:
    """Raise WrongHere if the parameter trace_file names a file to which the agent adds no line."""
    path = context.get("trace_file")
    found = refusal(context.host, path) if path else ""
    if found:
        raise errors.WrongHere(f"trace_file: {path} {found}")


def refusal(host: Host, path: str) -> str:
    """Why the agent adds no line to the file *path*; "" if it does."""
    if path.startswith("/dev/fd/"):
        # The caller has opened it, and names it by its number (OCF_TRACE_FILE).
        return ""
    kind = host.files.kind(path)
    if not path.startswith("/"):
        return "is not an absolute path"
    if path.startswith(_KERNELS):
        return "is a file of the kernel"
    if kind == "link" and host.files.is_file(path):
        kind = "file"
    if kind not in ("", "file"):
        return f"is a {kind}"
    text = host.files.tail(path, 0)
    if text.strip() and not any(_has_time(line) for line in text.splitlines()):
        return "has other contents than a log"
    return ""


def _has_time(line: str) -> bool:
    """Is there a time such as 23:59:59 in the line?  Every format of a log has one."""
    parts = line.split(":")
    return any(
        len(hour[-2:]) == len(minute) == len(second[:2]) == 2
        and f"{hour[-2:]}{minute}{second[:2]}".isdecimal()
        and (int(hour[-2:]) < 24 and int(minute) < 60 and int(second[:2]) < 61)
        and not second[2:3].isdecimal()
        for hour, minute, second in zip(parts, parts[1:], parts[2:])
    )
