"""The instances of one dead host: which are in flight, which are to go, which stay, and why."""

from __future__ import annotations

from .. import errors
from . import bounds, pace, records, server
from .choice import Choice
from .host import Host
from .nova import Nova
from .records import Instance, Migration, Service
from .server import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

REASONS = (
    (
        "evacuating ...: ... in flight, ... to go",
        "Degraded. It goes on by itself. nova-compute of the node is held until it is finished.",
    ),
    (
        "... is on its way to ... for longer than ... s",
        "Degraded. Look at nova-compute of the new host. If it was restarted meanwhile, Nova never ends this evacuation: make"
        " sure that the instance runs nowhere, reset its state, and evacuate it yourself.",
    ),
    (
        "nobody can tell whether ... instances of ... are tagged: ...",
        "Degraded. Look at Glance, or set evacuable=all. The others are evacuated.",
    ),
    (
        "... instances of ... are not evacuated: ...",
        "Degraded. The reason says why. The agent tries again every ten minutes, as long as the node is away.",
    ),
)

UNANSWERED = "Nova has not answered"


class Load:
    """The instances of one host in one round."""

    def __init__(self, host: Host, row: Service) -> None:
        self.host, self.row = host, row
        self.records: tuple[Migration, ...] = ()
        self.is_listed = False  # have the instances been read, and not only the records?
        self.listed: frozenset[str] = frozenset()  # all instances there, whether they are wanted or not
        self.due: list[Instance] = []
        self.later = 0  # to go, but not now
        self.spent: list[tuple[Instance, str]] = []  # tried often enough, or nothing can be done; and why
        self.flying: list[Migration] = []
        self.missing: list[str] = []  # on the list before, and not now, though nobody has evacuated them
        self.is_ordered = False  # has an order been given in this round, or will one be in the next?
        self._tries: dict[str, Any] = host.memory.part("tries")
        self._void: dict[str, Any] = host.memory.part("void")
        now = host.context.now()
        self.unanswered = {uuid for uuid, (_, until, said) in self._tries.items() if said == UNANSWERED and now < until}
        """Instances whose order may still be in the API."""
        self.is_asked = self.unanswered != set()  # may any order still be there, ours or that of another evacuator?

    def read(self, nova: Nova, choice: Choice, world: World, look: Callable[[], None]) -> None:
        """Look at the records, and at every instance if the host is dead, or for the first time: long lists are work for Nova.

        The records come first: an instance that goes meanwhile is missing in the list then.  After each page, *look* looks
        at the reports of nova-compute.
        """
        self.records = nova.evacuations(self.row.host)
        self._begin()
        begun = self.host.memory.part("round")
        self.is_listed = self.row.host in world.dead or not (self.host.is_pending and begun.get("listed"))
        there = self._wanted(nova.instances(self.row.host, look), choice) if self.is_listed else []
        now = records.current(self.records)
        listed = {one.uuid for one in there}
        known = self.host.memory.part("known")
        if self.is_listed:
            self.missing = [uuid for uuid in known if uuid not in listed and uuid not in now]
        known.update(dict.fromkeys(listed, True))
        begun["listed"] = True
        gone = [record for record in self.awaited if record.instance not in listed]
        self.flying = [record for record in gone if records.is_open(record, nova.instance(record.instance))]
        for one in there:
            before = now.get(one.uuid, ())
            unusual = one.task == "migrating" or one.task.startswith("resize")
            moving = other_moves(nova.migrations(one.uuid)) if unusual else ()
            verdict = server.judge(one, before, moving, world)
            if verdict.do in ("evacuate", "reset"):
                # The host that had taken it is dead now, and forgets it.  It may be back when the next order fails.
                self._void.update({str(record.number): True for record in before if record.in_flight})
            if verdict.do == "wait":
                self.flying += [record for record in self.awaited if record.instance == one.uuid]
            elif verdict.do == "leave":
                self.spent += [(one, verdict.why)] if verdict.why else []
            else:
                self._sort_in(one)

    def _wanted(self, found: tuple[Instance, ...], choice: Choice) -> list[Instance]:
        """The instances that want to be evacuated.  One of which nobody can tell it waits."""
        self.listed = frozenset(one.uuid for one in found)
        there, unclear = [], dict[str, int]()
        for one in found:
            try:
                there += [one] if choice.wants(one) else []
            except errors.Degraded as problem:
                unclear[str(problem)] = unclear.get(str(problem), 0) + 1
        self.later += sum(unclear.values())
        for why, count in unclear.items():
            self.host.say(f"nobody can tell whether {count} instances of {self.host.node.name} are tagged: {why}")
        return there

    def _sort_in(self, one: Instance) -> None:
        """An instance that is to be evacuated: now, later, or it was tried often enough."""
        context = self.host.context
        failures, now = self.failures(one.uuid), context.now()
        if failures and one.uuid not in self._tries:
            self._tries[one.uuid] = [failures, now + bounds.pause(failures), ""]
        _, not_before, said = self._tries.get(one.uuid, [0, now, ""])
        if one.uuid in self.unanswered:
            self.later += 1
        elif failures >= max(context.number("retries"), 1):
            self.spent.append((one, said or one.fault or "no host takes it"))
        elif now < not_before:
            self.later += 1
        if now >= not_before:
            self.due.append(one)

    def failures(self, uuid: str) -> int:
        """How often the evacuation of an instance has failed in this round, as far as somebody knows."""
        tried = int(self._tries.get(uuid, [0])[0])
        return max(tried, sum(record.has_failed for record in self.of_round() if record.instance == uuid))

    def of_round(self) -> list[Migration]:
        """The records since nova-compute was forced down."""
        before = self.host.memory.part("round").get("before", 0)
        return sorted((one for one in self.records if one.number > before), key=lambda one: one.number)

    def _begin(self) -> None:
        """Note which records are older than this round.

        All of them are, if this evacuator has forced nova-compute down.  Otherwise two clocks of Nova have to tell.
        """
        begun = self.host.memory.part("round")
        if "before" not in begun:
            older = [one.number for one in self.records if begun.get("ours") or one.created < self.row.updated]
            begun["before"] = max(older, default=0)

    @property
    def on_their_way(self) -> set[str]:
        """The instances that are in flight, or may be."""
        return self.unanswered | {record.instance for record in self.flying}

    @property
    def awaited(self) -> list[Migration]:
        """The records in flight that may still succeed: their target has not died since."""
        return [record for record in self.unfinished if str(record.number) not in self._void]

    @property
    def unfinished(self) -> list[Migration]:
        """The records that are not at their end, whatever became of their hosts.

        nova-compute here would destroy their instances.
        """
        return [record for found in records.current(self.records).values() for record in found if record.in_flight]

    def note(self, uuid: str, failures: int, pause: float, said: str = "") -> None:
        """Touch the instance again only after a *pause*."""
        self._tries[uuid] = [failures, self.host.context.now() + pause, said]
        self.host.memory.save()

    def say(self) -> None:
        """Give the reason of this host."""
        host, name = self.host, self.host.node.name
        if host.is_pending and self.is_listed:
            todo = len({one.uuid for one in self.due} - {one.uuid for one, _ in self.spent}) + self.later
            host.say(f"evacuating {name}: {len(self.flying)} in flight, {todo} to go")
        seen, now = host.memory.part("seen"), host.context.now()
        for record in self.flying:
            if record.dest and now - seen.get(str(record.number), now) >= pace.STUCK:
                host.say(f"{record.instance} is on its way to {record.dest} for longer than {pace.STUCK:.0f} s")
        if self.spent:
            whys: dict[str, int] = {}
            for _, why in self.spent:
                whys[why] = whys.get(why, 0) + 1
            told = ", ".join(f"{count} x {why}" for why, count in list(whys.items())[:3])
            host.say(f"{len(self.spent)} instances of {name} are not evacuated: {told}")


def other_moves(found: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """The live migrations and resizes that are not at their end."""
    return tuple(record for record in found if not (record.is_evacuation or record.has_ended))
