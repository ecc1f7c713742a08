"""The work of one round: give Nova its orders, within the bounds, the most important instances first."""

from __future__ import annotations

from ..cluster import cib
from ..context import Context
from . import bounds, compute, orders, pace, records
from .choice import Choice
from .host import Host
from .load import Load
from .nova import Nova
from .orders import Orders
from .places import Places
from .records import Migration, Service
from .server import World

REASONS = (
    (
        "waits until nova-compute on ... is silent for ... s",
        "Degraded. It goes on by itself, if another nova-compute reports meanwhile. Otherwise look at Nova's conductors, and"
        " at the broker.",
    ),
    (
        "the evacuation of ... waits ... s, because another evacuator may have given orders",
        "Degraded. It goes on by itself.",
    ),
    ("no nova-scheduler is up, no nova-conductor is up", "Degraded. Start it. The evacuation goes on by itself."),
    (
        "the instances of ... wait: no other compute node of the zone ... takes instances",
        "Degraded. Enable or repair one. Without it, Nova would give every instance the state ERROR. If the node is back and"
        " held, and no other one returns, disable the others in Nova: then its nova-compute starts.",
    ),
)


class Work:
    """All dead hosts in one round."""

    def __init__(self, context: Context, nova: Nova, choice: Choice, services: tuple[Service, ...], off: str) -> None:
        """*off* says why no order may be given at all; "" if one may."""
        self._context, self._nova, self._choice = context, nova, choice
        self._places = Places(services, context.now())
        self._trouble = off or _trouble(services)
        self._need = max(pace.SILENCE, context.number("evacuate_delay"))
        self._looked = context.now()

    def do(self, hosts: list[Host], until: float) -> float:
        """Read all instances, give the orders that are due, and finish what is finished.

        Returns the seconds until more may be due, as far as it knows: 0 after orders, then until a host is quiet, or a
        place may be free.
        """
        context, began = self._context, self._context.now()
        trouble = self._trouble
        dead = self._dead(hosts)
        stuck = () if trouble else tuple(number for host in hosts for number in _stuck(host, context.now()))
        void = tuple(int(number) for host in hosts for number in host.memory.part("void"))
        world = World(dead=dead, stuck=stuck, void=void, resets=context.flag("reset_states"))
        loads = [Load(host, host.row) for host in hosts if host.is_read and host.row]
        if dead:
            self._nova.groups()
        for load in loads:
            load.read(self._nova, self._choice, world, lambda: self._look(hosts))
            _remember(load, trouble != "")
            orders.stop_again(self._context, self._nova, load)
            self._look(hosts)
        flying = sum(len(load.on_their_way) for load in loads)
        ended = sorted(
            (record for load in loads for record in load.of_round() if record.has_ended), key=lambda one: one.number
        )
        room = bounds.in_flight(context.number("max_in_flight"), len(self._places.serving), tuple(ended)) - flying
        blocked = {load.host.node.name: self._blocked(load, trouble) for load in loads}
        free = [load for load in loads if not blocked[load.host.node.name] and self._is_fresh(load, began)]
        if self._dead(hosts) != dead:
            # What one host has is judged by which others are dead.
            free = []
        Orders(context, self._nova, world).give(free, room, min(until, context.now() + pace.FACTS_LAST))
        for load in loads:
            self._conclude(load, blocked[load.host.node.name], loads)
        if any(load.is_ordered for load in loads):
            return 0.0
        soon = [seconds for seconds in (self._missing(load.host) for load in loads) if seconds > 0]
        if flying and any(load.due for load in free):
            soon.append(pace.ROUND_FULL)
        return min(soon, default=pace.ROUND_LONGEST)

    def _look(self, hosts: list[Host]) -> None:
        """Look at the reports of nova-compute, if the last look is a while ago: to read long lists takes time."""
        if self._context.now() - self._looked > pace.FACTS_LAST:
            self._looked = self._context.now()
            services = self._nova.services()
            for host in hosts:
                compute.watch(host, services)

    def _dead(self, hosts: list[Host]) -> tuple[str, ...]:
        """The hosts of Nova that are proven dead and quiet."""
        return tuple(host.row.host for host in hosts if host.is_dead and host.row and self._is_quiet(host))

    def _blocked(self, load: Load, trouble: str) -> str:
        """Why no order may be given for this host now, for a reason; "" if one may."""
        context, host, row = self._context, load.host, load.row
        seen = host.memory.part("round")
        found = seen.setdefault("found", context.now())
        is_foreign = not seen.get("ours") and context.now() - found < pace.POST_UNKNOWN
        load.is_asked = load.is_asked or is_foreign
        if not host.is_dead or not self._is_quiet(host):
            return f"waits until nova-compute on {row.host} is silent for {self._need:.0f} s"
        if is_foreign:
            wait = f"the evacuation of {row.host} waits {pace.POST_UNKNOWN:.0f} s"
            return f"{wait}, because another evacuator may have given orders"
        if trouble:
            return trouble
        if not self._places.has(row):
            return f"the instances of {row.host} wait: no other compute node of the zone {row.zone} takes instances"
        return ""

    def _is_quiet(self, host: Host) -> bool:
        """Is nova-compute silent for so long that its storage has given up the locks of the host?"""
        return self._missing(host) <= 0

    def _missing(self, host: Host) -> float:
        """Seconds of silence until the host is quiet, if the others report as well as they do."""
        silent = host.silence.lasts(host.node.is_held)
        return self._need - silent if silent else max(self._need - host.silence.age, pace.ROUND_PAUSE)

    def _conclude(self, load: Load, blocked: str, loads: list[Load]) -> None:
        """Finish the evacuation of a host of which nothing is in flight, and nothing is to go."""
        host = load.host
        load.say()
        # An instance on its way to this host is not on the list of this host.
        coming = any(self._is_coming(record, load) for other in loads for record in other.awaited)
        spent = {one.uuid for one, _ in load.spent}
        waits = load.later or any(one.uuid not in spent for one in load.due)
        todo = not load.is_listed or waits or coming or load.flying
        if not host.is_pending or load.is_ordered:
            return
        if host.is_burnt:
            ends = not (self._unfinished(load) or coming or load.is_asked)
        elif host.node.is_held and not self._places.may_have(host, load.row):
            # It cannot be evacuated, and nothing of it runs elsewhere: it starts again on its own host.
            ends = not (self._unfinished(load) or coming or load.is_asked)
        else:
            ends = host.is_dead and not todo
        if ends and self._is_shown(load):
            host.finish(partial=bool(load.spent) and not host.is_burnt and not host.node.is_online)
            host.said = [said for said in host.said if not said.startswith("evacuating ")]
            self._context.log.info(f"the evacuation of {host.node.name} is finished")
        elif blocked and (todo or not host.is_dead):
            host.say(blocked)

    def _is_fresh(self, load: Load, began: float) -> bool:
        """Is what this round knows of the host still true?  To read a thousand instances takes a while."""
        if not load.due or self._context.now() - began < pace.FACTS_LAST / 2:
            return True
        node = cib.read(self._context).node(load.host.node.name)
        rows = [vars(one) for one in self._nova.services()]
        return node is not None and vars(node) == vars(load.host.node) and vars(load.row) in rows

    def _unfinished(self, load: Load) -> list[Migration]:
        """The records that are not at their end, as far as they still mean something."""
        return [record for record in load.unfinished if records.is_open(record, self._nova.instance(record.instance))]

    def _is_coming(self, record: Migration, load: Load) -> bool:
        """Is an instance of another host on its way to this one?"""
        if record.dest != load.row.host:
            return False
        one = self._nova.instance(record.instance)
        return one is not None and one.host == record.source

    def _is_shown(self, load: Load) -> bool:
        """Does the cell of the host still answer?  The list of a cell that does not is empty."""
        for uuid in load.missing:
            one = self._nova.instance(uuid)
            if one and one.host == load.row.host:
                return False
        return any(one.uuid == load.row.uuid and one.status != "UNKNOWN" for one in self._nova.services())


def _trouble(services: tuple[Service, ...]) -> str:
    """Which service of Nova is missing that every evacuation needs, for a reason."""
    for binary in ("nova-scheduler", "nova-conductor"):
        if not any(one.is_up for one in services if one.binary == binary):
            return f"no {binary} is up"
    return ""


def _stuck(host: Host, now: float) -> list[int]:
    """The records that no host has taken for so long that nobody works on them."""
    return [int(number) for number, since in host.memory.part("seen").items() if now - since >= pace.STUCK]


def _remember(load: Load, is_down: bool) -> None:
    """Note since when each record is in flight.  Time without a conductor does not count."""
    seen, now = load.host.memory.part("seen"), load.host.context.now()
    waiting = {str(record.number) for record in load.records if record.in_flight}
    held = {number: now if is_down else seen.get(number, now) for number in waiting}
    seen.clear()
    seen.update(held)
    load.host.memory.save()
