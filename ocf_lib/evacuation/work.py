"""The work of one round: give Nova its orders, within the bounds, the most important instances first."""

from __future__ import annotations

from .. import errors, patience
from ..context import Context
from . import api, bounds, records, server
from .choice import Choice
from .host import Host
from .load import Load, other_moves
from .nova import Nova
from .records import Instance, Service
from .server import World

REASONS = (
    (
        "waits until nova-compute on ... is silent for ... s",
        "Degraded. It goes on by itself, if another nova-compute reports meanwhile. Otherwise look at Nova's conductors, and"
        " at the broker.",
    ),
    ("waits ... s, because another evacuator may have given orders", "Degraded. It goes on by itself."),
    ("no nova-scheduler is up, no nova-conductor is up", "Degraded. Start it. The evacuation goes on by itself."),
    (
        "no other compute node of the zone ... takes instances",
        "Degraded. Enable or repair one. Without it, Nova would give every instance the state ERROR.",
    ),
    ("Nova says that ... is still in use: ...", "Degraded. The agent proves the death of the host once more."),
    ("Nova refuses to evacuate: ...", "Degraded. Look at the role of the user, and at the limits of Nova's API."),
)


class Work:
    """All dead hosts in one round."""

    def __init__(self, context: Context, nova: Nova, choice: Choice) -> None:
        self._context, self._nova, self._choice = context, nova, choice
        self._world = World()
        self._sent = 0

    def do(self, hosts: list[Host], services: tuple[Service, ...], until: float) -> None:
        """Read all instances, give the orders that are due, and finish what is finished."""
        context = self._context
        serving = [one for one in services if one.binary == "nova-compute" and one.takes_instances]
        trouble = _trouble(services)
        dead = tuple(host.row.host for host in hosts if host.is_dead and host.row)
        stuck = () if trouble else tuple(uuid for host in hosts for uuid in _stuck(host, context.now()))
        self._world = World(dead=dead, stuck=stuck, resets=context.flag("reset_states"))
        loads = [Load(host, host.row) for host in hosts if host.is_read and host.row]
        for load in loads:
            load.read(self._nova, self._choice, self._world)
            _remember(load, trouble != "")
            self._stop_again(load)
        flying = sum(len(load.flying) for load in loads)
        ended = sorted(
            (record for load in loads for record in load.of_round() if record.has_ended), key=lambda one: one.number
        )
        room = bounds.in_flight(context.number("max_in_flight"), len(serving), tuple(ended)) - flying
        blocked = {load.host.node.name: self._blocked(load, trouble, serving) for load in loads}
        self._give_orders([load for load in loads if not blocked[load.host.node.name]], room, until)
        for load in loads:
            self._conclude(load, blocked[load.host.node.name], loads)

    def _blocked(self, load: Load, trouble: str, serving: list[Service]) -> str:
        """Why no order may be given for this host now, for a reason; "" if one may."""
        context, host, row = self._context, load.host, load.row
        need = max(patience.SILENCE, context.number("evacuate_delay"))
        if not host.is_dead or host.silence.lasts < need:
            return f"waits until nova-compute on {row.host} is silent for {need:.0f} s"
        seen = host.memory.part("round")
        found = seen.setdefault("found", context.now())
        if not seen.get("ours") and context.now() - found < patience.POST_UNKNOWN:
            return f"waits {patience.POST_UNKNOWN:.0f} s, because another evacuator may have given orders"
        if trouble:
            return trouble
        if not any(one.zone == row.zone and one.host != row.host for one in serving):
            return f"no other compute node of the zone {row.zone} takes instances"
        return ""

    def _give_orders(self, loads: list[Load], room: int, until: float) -> None:
        due = [(load, one) for load in loads for one in load.due]
        if not due:
            return
        apart = self._nova.apart()
        flying = {apart.get(record.instance) for load in loads for record in load.flying} - {None}
        # The largest first: a small one finds its place later, too.
        for load, one in sorted(due, key=lambda each: -each[1].memory):
            if room <= 0 or self._context.now() > until:
                return
            if not load.host.is_pending:
                # Its nova-compute could start meanwhile.  The next round sees whether the node is still away.
                load.host.resume()
                load.is_ordered = True
                continue
            if not load.host.is_dead or apart.get(one.uuid) in flying:
                continue
            if self._order(load, one):
                room -= 1
                flying.add(apart.get(one.uuid))
                flying.discard(None)

    def _order(self, load: Load, one: Instance) -> bool:
        """Evacuate one instance, if a last look shows that nothing is in flight.  Returns whether something is now."""
        found = self._nova.migrations(one.uuid)
        fresh = self._nova.instance(one.uuid)
        if fresh is None or fresh.host != load.row.host:
            return False
        newest = records.newest(tuple(record for record in found if record.is_evacuation)).get(one.uuid)
        verdict = server.judge(fresh, newest, other_moves(found), self._world)
        if verdict.do == "reset":
            self._nova.reset(one.uuid)
            return False
        if verdict.do != "evacuate":
            return False
        if self._sent:
            self._context.sleep(patience.POST_PAUSE)
        self._sent += 1
        load.is_ordered = True
        failures = load.failures(one.uuid)
        if fresh.vm_state == "error" and fresh.power == _SHUT_DOWN:
            load.host.memory.part("stops")[one.uuid] = True
        load.note(one.uuid, failures, patience.POST_UNKNOWN)
        guarded = fresh.image != "" and not self._context.flag("no_shared_storage")
        status, said = self._nova.evacuate(one.uuid, guarded)
        self._context.log.info(f"evacuate {one.uuid} from {load.row.host}: {status} {said}".strip())
        if status == 200:
            load.note(one.uuid, failures + 1, bounds.pause(failures + 1))
        elif status == 400 and "still in use" in said:
            load.host.is_dead = False
            load.host.silence.begin_again()
            load.host.say(f"Nova says that {load.row.host} is still in use: {said}")
        elif status == 409 and fresh.task:
            # Nova before 23.2 evacuates no instance that has a task.
            self._nova.reset(one.uuid)
            load.note(one.uuid, failures, 0)
        elif status in (400, 409):
            load.note(one.uuid, failures + 1, bounds.pause(failures + 1), said)
        elif status in (401, 403, 413, 429):
            raise errors.Degraded(f"Nova refuses to evacuate: {status} {said}")
        return status == 200 or status == api.UNKNOWN or status >= 500

    def _stop_again(self, load: Load) -> None:
        """Stop what was stopped before: Nova starts an instance if a failure has changed its state to ERROR."""
        mine = load.of_round()
        stops = load.host.memory.part("stops")
        for uuid, record in records.newest(tuple(mine)).items():
            tries = sum(other.instance == uuid for other in mine)
            if record.in_flight or record.has_failed or stops.get(uuid, tries > 1) is False:
                continue
            one = self._nova.instance(uuid)
            if one and one.host != load.row.host and one.vm_state == "active" and self._nova.last_deed(uuid) == "stop":
                self._context.log.info(f"stop {uuid}, as it was before")
                self._nova.stop(uuid)
            elif one is None or not one.task:
                stops[uuid] = False

    def _conclude(self, load: Load, blocked: str, loads: list[Load]) -> None:
        """Finish the evacuation of a host of which nothing is in flight, and nothing is to go."""
        host = load.host
        load.say()
        # An instance on its way to this host is not on the list of this host.
        coming = any(record.dest == load.row.host for other in loads for record in other.flying)
        spent = {one.uuid for one, _ in load.spent}
        todo = load.later or coming or load.flying or any(one.uuid not in spent for one in load.due)
        if blocked and host.is_pending and (todo or not host.is_dead):
            host.say(blocked)
        if host.is_pending and host.is_dead and not todo and not load.is_ordered:
            host.finish(partial=bool(load.spent))
            host.said = [said for said in host.said if not said.startswith("evacuating ")]
            self._context.log.info(f"the evacuation of {host.node.name} is finished")


_SHUT_DOWN = 4  # power_state


def _trouble(services: tuple[Service, ...]) -> str:
    """Which service of Nova is missing that every evacuation needs, for a reason."""
    for binary in ("nova-scheduler", "nova-conductor"):
        if not any(one.is_up for one in services if one.binary == binary):
            return f"no {binary} is up"
    return ""


def _stuck(host: Host, now: float) -> list[str]:
    """The records that no host has taken for so long that nobody works on them."""
    return [uuid for uuid, since in host.memory.part("seen").items() if now - since >= patience.STUCK]


def _remember(load: Load, is_down: bool) -> None:
    """Note since when each record waits for a host.  Time without a conductor does not count."""
    seen, now = load.host.memory.part("seen"), load.host.context.now()
    waiting = {record.uuid for record in load.records if record.in_flight and not record.dest}
    for uuid in [*seen]:
        if uuid not in waiting:
            del seen[uuid]
    for uuid in waiting:
        seen[uuid] = now if is_down else seen.get(uuid, now)
    load.host.memory.save()
