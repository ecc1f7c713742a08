"""Shared library of the OpenStack resource agents.

Nothing is re-exported here: every monitor pays for every import, so each
module names what it needs and no more.
"""

from __future__ import annotations

import posix
import sys

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

AGAIN = "OPENSTACK_RA_AGAIN"
"""Environment variable of an agent that begins again."""


def has_gone(problem: BaseException) -> bool:
    """Is *problem* that a file of this library is missing?

    A package is replaced file by file, under monitors that begin every second.
    """
    if isinstance(problem, ImportError):
        return (problem.name or "").startswith("ocf_lib")
    return isinstance(problem, FileNotFoundError) and "/ocf_lib/" in str(problem.filename)


def _before_the_door(kind: type[BaseException], problem: BaseException, where: TracebackType | None) -> None:
    """Begin again, once, if the library goes while an agent loads it; the door, which catches the rest, is not there yet."""
    if has_gone(problem) and AGAIN.encode() not in posix.environ:
        posix.putenv(AGAIN, "1")
        try:
            posix.execv(sys.argv[0], sys.argv)
        except OSError as refused:
            sys.stderr.write(f"{sys.argv[0]}: {refused.strerror}\n")
    sys.__excepthook__(kind, problem, where)


# Only an agent runs without the site module (-S); for everybody else this is a library like others.
if sys.flags.no_site:
    sys.excepthook = _before_the_door
