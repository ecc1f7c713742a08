"""P4 of the proof of death: nova-compute of the host has not reported for a while, though others could.

A nova-compute reports every ten seconds, also if it is forced down.  It reports
through a conductor and the broker.  So its silence proves nothing, unless
another nova-compute has reported twice in the same time.  And after an outage
of the broker or the database each of them comes back at its own time.
"""

from __future__ import annotations

from .. import patience
from .memory import Memory
from .records import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WITNESSES = 20
_LIVES = 2  # changes of the row, none of them ours, after which nova-compute lives: one may be an operator's


class Silence:
    """What is known of the reports of one nova-compute."""

    def __init__(self, memory: Memory, now: float) -> None:
        self._seen: dict[str, Any] = memory.part("silence")
        self._now = now

    def look(self, row: Service, others: tuple[Service, ...]) -> None:
        """Read the row of the nova-compute, and those of *others* that are up."""
        seen = self._seen
        if seen.get("service") != row.uuid:
            seen.clear()
            seen.update(service=row.uuid, moves=0, moved=-patience.SAME_MOVE, expected=False)
            seen.update(heard=self._now, looked=self._now)
            self._begin(row)
        elif seen["value"] != row.updated:
            if seen["expected"]:
                seen.update(value=row.updated, expected=False)
            else:
                if self._now - seen["moved"] >= patience.SAME_MOVE:
                    seen.update(moves=seen["moves"] + 1, moved=self._now)
                self._begin(row)
        before = seen["others"]
        if any(before.get(one.uuid, ("",))[0] != one.updated for one in others):
            seen["heard"] = self._now
        if max(self._now - seen["heard"] - patience.REPORTS, self._now - seen["looked"] - patience.GRACE) > 0:
            # Nobody has reported for a while, or nobody knows: they need a while to come back.
            seen.update(since=self._now + patience.GRACE, heard=self._now)
            before = {}
        seen["looked"] = self._now
        seen["others"] = {
            one.uuid: [one.updated, before[one.uuid][1] + (before[one.uuid][0] != one.updated)]
            if one.uuid in before
            else [one.updated, 0]
            for one in others[:_WITNESSES]
        }
        if self.lasts >= patience.SILENCE:
            seen["moves"] = 0

    def we_change(self) -> None:
        """The next change of the row is ours."""
        self._seen["expected"] = True

    def we_failed(self) -> None:
        """Our change was refused."""
        self._seen["expected"] = False

    def begin_again(self) -> None:
        """What was seen so far proves nothing."""
        self._seen["since"] = self._now
        self._seen["others"] = {}

    @property
    def lasts(self) -> float:
        """Seconds of silence that prove something; 0 if nobody else has reported twice meanwhile."""
        witnessed = any(count >= 2 for _, count in self._seen.get("others", {}).values())
        return max(float(self._now - self._seen["since"]), 0.0) if witnessed else 0.0

    @property
    def lives(self) -> bool:
        """Does nova-compute report?"""
        return bool(self._seen.get("moves", 0) >= _LIVES)

    def _begin(self, row: Service) -> None:
        self._seen.update(value=row.updated, since=self._now, others={})
