"""A daemon that the agent has just launched: does it still run, and if not, what did it log last?"""

from __future__ import annotations

from .. import errors
from ..context import Context

_WORDS = 70  # characters of a daemon's last line; more would not fit into an exit reason
_BEGINNING = 26  # of these, for the name of an exception and what comes first
_LEVELS = (" ERROR ", " CRITICAL ")
_COLOURS = ("\x1b[00m", "\x1b[0m")  # oslo.log's end of a coloured line
# What a daemon says of a mistake in its command line or its configuration: oslo.config, Glance, uwsgi, Swift.
_MISTAKES = ("ConfigFile", "Failed to parse", "getopt_long() error", "Error trying to load config")


class Child:
    """One launched process, and how long the logs were before the launch."""

    def __init__(self, context: Context, pid: int, logs: list[tuple[str, int]]) -> None:
        self.pid = pid
        self._context = context
        self._logs = logs

    def still_runs(self) -> None:
        """Raise Died, with the daemon's last words, if the daemon has ended; CannotRun if it will do so each time."""
        how = self._context.host.programs.ended(self.pid)
        if how is not None:
            # Status 2 is that of argparse and optparse for a wrong option.
            raise died(
                self._context, f"ended at once, {how}", logged(self._context, self._logs), how == "exit status 2"
            )

    def complaint(self) -> str:
        """The error that the daemon logged last, for the end of a reason; "" if there is none."""
        return complaint(self._context, self._logs)


def died(context: Context, how: str, said: tuple[str, str], is_usage: bool) -> errors.Died:
    """The error for a daemon that ended: *how*, and what it *said* last, and where; CannotRun for a mistake in its use."""
    hopeless = is_usage or any(mistake in said[0] for mistake in _MISTAKES)
    return (errors.CannotRun if hopeless else errors.Died)(f"{how}{_quoted(context, said)}")


def complaint(context: Context, logs: list[tuple[str, int]]) -> str:
    """The last line in the *logs* that tells of an error, for the end of a reason; "" if there is none.

    It says why a daemon that runs does not become well.
    """
    said = ("", "")
    for path, size in logs:
        line, is_error = last_line(context.host.files.tail(path, size))
        said = (line, path) if is_error else said
    return _quoted(context, said)


def _quoted(context: Context, said: tuple[str, str]) -> str:
    """What a daemon *said*, and where, for the end of a reason; "" if it said nothing."""
    line, where = said
    # Mask first, then cut.  A cut secret would no longer be recognised.
    line = context.log.masked(" ".join(map(_without_password, line.split(" "))))
    return f": {_cut(_short(line))} ({where})" if line else ""


def logged(context: Context, logs: list[tuple[str, int]]) -> tuple[str, str]:
    """The last line in the *logs*, (path, size before the launch), and the log's path; "" if there is none.

    A line that tells of an error counts more than another line of any of the logs.
    """
    found, certain = ("", ""), False
    for path, size in logs:
        line, is_error = last_line(context.host.files.tail(path, size))
        if line and (is_error or not certain):
            found, certain = (line, path), is_error
    return found


def last_line(text: str) -> tuple[str, bool]:
    """The last line of a log that tells of an error, or else its last line; and which of the two it is."""
    for colour in _COLOURS:
        text = text.replace(colour, "")
    lines = [line for line in map(_without_prefix, text.splitlines()) if line.strip()]
    # After a traceback, oslo.log writes a line that holds only the prefix of its lines.
    lines = [line for at, line in enumerate(lines) if not at or not lines[at - 1].startswith(line.rstrip())]
    found, inside = "", False
    for line, after in zip(lines, [*lines[1:], ""]):
        if line.startswith(("Traceback ", '  File "')) or ("Traceback (" in line and after.startswith(" ")):
            # Gnocchi writes date, pid and level before the first line, and nothing before the next ones.  The
            # beginning of a long one may be too far back to be read.
            inside = True
        elif inside and not line.startswith(" "):
            # The exception, which ends a traceback.
            found, inside = line, False
        else:
            # Without the date and the pid.
            found = next((line[line.index(level) + 1 :] for level in _LEVELS if level in line[:60]), found)
    return found or (lines[-1] if lines else ""), found != ""


def _without_prefix(line: str) -> str:
    """*line* without what Apache writes before each: [time] [module:level] [pid ...] [remote ...]."""
    module, colon, level = line.partition("] [")[2].partition("] ")[0].partition(":")
    if line.startswith("[") and colon and module.isidentifier() and level.isalpha():
        while line.startswith("[") and "] " in line:
            line = line.partition("] ")[2]
    return line


def _without_password(word: str) -> str:
    """*word* without the password, if it is a URL.

    SQLAlchemy and oslo.messaging quote a URL that they cannot read.  It is the
    daemon's own, so the agent need not know its password.
    """
    before, at, after = word.rpartition("@")
    colon = before.find(":", before.find("://") + 3 if "://" in before else 0)
    return f"{before[:colon]}:****@{after}" if at and colon >= 0 else word


def _short(line: str) -> str:
    """*line* with the name of an exception in place of its full path in Python."""
    words = line.split(" ")
    for at, word in enumerate(words):
        if word.endswith(":"):
            if word[:-1].replace(".", "_").isidentifier():
                words[at] = word.rpartition(".")[2]
            break
    return " ".join(words)


def _cut(line: str) -> str:
    """The end of *line*; if it begins with the name of an exception, its beginning and its end."""
    if len(line) <= _WORDS or not line.partition(": ")[0].isidentifier():
        return line[-_WORDS:]
    gap = " ... "
    return f"{line[:_BEGINNING].rpartition(' ')[0]}{gap}{line[_BEGINNING + len(gap) - _WORDS :].partition(' ')[2]}"
