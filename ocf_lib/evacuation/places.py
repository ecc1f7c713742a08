"""Where instances of a dead host may go: the other computes of its zone, as Nova lists them."""

from __future__ import annotations

from . import pace
from .host import Host
from .records import Service


class Places:
    """The computes in one round."""

    def __init__(self, services: tuple[Service, ...], now: float) -> None:
        self._now = now
        self._computes = [one for one in services if one.binary == "nova-compute"]
        self.serving = [one for one in self._computes if one.takes_instances]
        """Those that take instances."""

    def has(self, row: Service) -> bool:
        """Is there another host that the scheduler may choose?"""
        return any(one.zone == row.zone and one.host != row.host for one in self.serving)

    def may_have(self, host: Host, row: Service) -> bool:
        """Is there one that it may choose as soon as that reports?  An outage lets all look down.

        A row that nobody has deleted looks like that for ever.  So it counts for half an hour.
        """
        round_ = host.memory.part("round")
        if self.has(row):
            round_.pop("placeless", None)
            return True
        since = round_.setdefault("placeless", self._now)
        others = [one for one in self._computes if one.zone == row.zone and one.host != row.host]
        return self._now - since < pace.PLACELESS and any(
            one.status == "enabled" and not one.forced_down for one in others
        )
