"""How much the evacuator asks for at once, and how soon it tries again."""

from __future__ import annotations

from . import pace
from .records import Migration


def in_flight(limit: int, computes: int, ended: tuple[Migration, ...]) -> int:
    """How many evacuations may be in flight, with so many compute nodes up.

    A failure halves it, and a success adds one: *ended* are the records of this round, the oldest first.
    """
    most = max(min(limit, pace.ON_ONE_COMPUTE * computes), 1)
    allowed = most
    for record in ended:
        allowed = max(allowed // 2, 1) if record.has_failed else min(allowed + 1, most)
    return allowed


def pause(failures: int) -> float:
    """Seconds until the next try after so many failures."""
    # The exponent of a number this large does not matter any more.
    return min(pace.RETRY * 2.0 ** min(failures - 1, 10), pace.RETRY_LONGEST) if failures else 0.0
