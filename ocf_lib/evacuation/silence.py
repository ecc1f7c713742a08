"""The second part of the proof of death: nova-compute of the host has not reported for a while, though others could.

A nova-compute reports also if it is forced down: every ten seconds, or as often
as report_interval in nova.conf says.  It reports through a conductor and the
broker.  So its silence proves nothing, unless another nova-compute has reported
three times in the same time: then this one has missed two reports, however
often they report.  And after an outage of the broker or the database, each
of them comes back at its own time.
"""

from __future__ import annotations

from .. import patience
from . import pace
from .memory import Memory
from .records import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WITNESSES = 20
_REMEMBERED = 4
_OPERATORS = 2  # changes of the row that an operator may have made
_WITNESSED = 3  # reports of another one


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
            seen.update(service=row.uuid, moves=0, moved=-pace.SAME_MOVE, value=row.updated, since=self._now)
            seen.update(heard=self._now, looked=self._now, values=[], others={}, pace=0)
        # Before anything else: the reports until now say nothing of the time after it.
        self._hear(others[:_WITNESSES])
        if seen["value"] != row.updated:
            if seen["value"] and self._now - seen["moved"] >= pace.SAME_MOVE:
                seen.update(moves=seen["moves"] + 1, moved=self._now)
            self._begin(row)
        if self._now - seen["looked"] > patience.GRACE:
            seen["values"] = []
        if row.updated not in seen["values"]:
            seen["values"] = [*seen["values"], row.updated][-_REMEMBERED:]
        outage = max(pace.REPORTS, 2.5 * seen["pace"])
        if self._now - seen["heard"] > outage or self._now - seen["looked"] > patience.GRACE:
            # Nobody has reported for a while, or nobody knows: they need a while to come back.
            seen.update(since=self._now + patience.GRACE, heard=self._now)
            self._forget_counts()
        seen["looked"] = self._now
        if self.lasts() >= pace.SILENCE:
            seen["moves"] = 0

    def we_change(self) -> None:
        """We change the row now: what the next look finds there is no report."""
        self._seen["value"] = ""

    def begin_again(self) -> None:
        """The silence until now proves nothing."""
        self._seen["since"] = self._now
        self._forget_counts()

    def _hear(self, others: tuple[Service, ...]) -> None:
        """Count the reports of the *others*, and learn how often they report: every 10 seconds by default."""
        seen, before = self._seen, self._seen["others"]
        seen["others"] = {}
        for one in others:
            value, count, when = before.get(one.uuid, (one.updated, 0, 0.0))
            if value != one.updated:
                if when:
                    seen["pace"] = min(seen["pace"] or self._now - when, self._now - when)
                seen["heard"], count, when = self._now, count + 1, self._now
            seen["others"][one.uuid] = [one.updated, count, when]

    def _forget_counts(self) -> None:
        for one in self._seen.get("others", {}).values():
            one[1] = 0

    def watched(self, value: str) -> bool:
        """Was the row seen with this value, without a pause since then?"""
        return value in self._seen.get("values", ())

    def lasts(self, held: bool = False) -> float:
        """Seconds of silence that prove something; 0 if nobody else has reported three times meanwhile.

        If an agent on the node itself says that nova-compute is *held* there, nobody else has to report.
        """
        witnessed = held or any(count >= _WITNESSED for _, count, _ in self._seen.get("others", {}).values())
        return max(self.age, 0.0) if witnessed else 0.0

    @property
    def age(self) -> float:
        """Seconds since the last report, or since everybody came back; negative as long as they may be coming back."""
        return float(self._now - self._seen["since"])

    @property
    def lives(self) -> bool:
        """Does nova-compute report?  Two changes may be an operator's."""
        return bool(self._seen.get("moves", 0) > _OPERATORS)

    @property
    def reports(self) -> bool:
        """Has it reported since its node returned?"""
        return bool(self._seen.get("moves", 0) >= _OPERATORS)

    def _begin(self, row: Service) -> None:
        self._seen.update(value=row.updated, since=self._now)
        self._forget_counts()
