"""The orders to Nova: evacuate, reset, stop; each after a last look, and none while another one may be in flight."""

from __future__ import annotations

from .. import errors
from ..context import Context
from . import api, bounds, pace, records, server
from .load import UNANSWERED, Load, other_moves
from .nova import Nova
from .records import Group, Instance
from .server import World

REASONS = (
    ("Nova says that ... is still in use: ...", "Degraded. The agent proves the death of the host once more."),
    (
        "... x its server group (affinity) keeps it on this host",
        "Degraded. Nova evacuates no member of such a group, as the others are on the same host. They wait for their host.",
    ),
    (
        "... is to be stopped again: ...",
        "Degraded. Nova has started an instance that was stopped before. The agent tries to stop it for some minutes.",
    ),
    ("Nova refuses to evacuate: ...", "Degraded. Look at the role of the user, and at the limits of Nova's API."),
)
_BOUND = "its server group (affinity) keeps it on this host"
_SHUT_DOWN = 4  # power_state
_REFUSALS = 20  # until an instance runs on that was stopped before
_STOPS = 20  # instances of one host in one round of which it is asked whether they have to be stopped again


class Orders:
    """The orders of one round."""

    def __init__(self, context: Context, nova: Nova, world: World) -> None:
        self._context, self._nova, self._world = context, nova, world
        self._not_before = 0.0
        """When the next order may be given."""

    def give(self, loads: list[Load], room: int, until: float) -> None:
        """Give the orders that are due, at most *room*, and none after *until*."""
        due = [(load, one) for load in loads for one in load.due]
        if not due:
            return
        groups = self._nova.groups()
        apart = {uuid: group.uuid for group in groups if "anti-affinity" in group.policies for uuid in group.members}
        flying = {apart.get(uuid) for load in loads for uuid in load.on_their_way} - {None}
        # The largest first: a small one finds its place later, too.
        for load, one in sorted(due, key=lambda each: -each[1].memory):
            if room <= 0 or self._context.now() > until:
                return
            if not load.host.is_pending:
                # Its nova-compute could start meanwhile.  The next round sees whether the node is still away.
                load.host.resume()
                load.host.is_dead, load.is_ordered = False, True
                continue
            if not load.host.is_dead or apart.get(one.uuid) in flying:
                continue
            if any(_is_bound(group, one.uuid, load.listed) for group in groups):
                load.note(one.uuid, self._context.number("retries"), pace.RETRY_LONGEST, _BOUND)
                continue
            if self._order(load, one):
                room -= 1
                flying.add(apart.get(one.uuid))
                flying.discard(None)

    def _order(self, load: Load, one: Instance) -> bool:
        """Evacuate one instance, if a last look shows that nothing is in flight.  Returns whether something is now."""
        self._context.sleep(max(self._not_before - self._context.now(), 0.0))
        found = self._nova.migrations(one.uuid)
        fresh = self._nova.instance(one.uuid)
        if fresh is None or fresh.host != load.row.host:
            return False
        mine = records.current(tuple(record for record in found if record.is_evacuation)).get(one.uuid, ())
        mine = tuple(record for record in mine if not record.in_flight or records.is_open(record, fresh))
        verdict = server.judge(fresh, mine, other_moves(found), self._world)
        if verdict.do == "reset":
            self._reset(load, one)
        elif verdict.why:
            load.note(one.uuid, self._context.number("retries"), pace.RETRY_LONGEST, verdict.why)
        if verdict.do != "evacuate":
            return False
        self._not_before = self._context.now() + pace.POST_PAUSE
        load.is_ordered = True
        failures = load.failures(one.uuid)
        was_stopped = fresh.task == "powering-off" or (fresh.vm_state == "error" and fresh.power == _SHUT_DOWN)
        if was_stopped:
            load.host.memory.part("stops")[one.uuid] = True
        load.note(one.uuid, failures, pace.POST_UNKNOWN, UNANSWERED)
        guarded = fresh.image != "" and not self._context.flag("no_shared_storage")
        status, said = self._nova.evacuate(one.uuid, guarded, was_stopped or fresh.vm_state == "stopped")
        self._context.log.info(f"evacuate {one.uuid} from {load.row.host}: {status} {said}".strip())
        if status == 200:
            load.note(one.uuid, failures + 1, bounds.pause(failures + 1))
        elif status == 400 and "still in use" in said:
            load.host.is_dead = False
            load.host.silence.begin_again()
            load.host.say(f"Nova says that {load.row.host} is still in use: {said}")
        elif status == 409 and fresh.task:
            # Nova before 23.2 evacuates no instance that has a task.
            self._reset(load, one)
        elif status in (400, 409):
            load.note(one.uuid, failures + 1, bounds.pause(failures + 1), said)
        elif status in (401, 403, 413, 429):
            raise errors.Degraded(f"Nova refuses to evacuate: {status} {said}")
        return status == 200 or status == api.UNKNOWN or status >= 500

    def _reset(self, load: Load, one: Instance) -> None:
        """Give an instance the state ERROR.  The next round evacuates it, if that was accepted."""
        failures = load.failures(one.uuid)
        status, said = self._nova.reset(one.uuid)
        if status == 202:
            load.note(one.uuid, failures, pace.ROUND_PAUSE)
        else:
            load.note(one.uuid, failures + 1, bounds.pause(failures + 1), said or f"Nova answers {status} to a reset")


def _is_bound(group: Group, uuid: str, there: frozenset[str]) -> bool:
    """Does the group keep the instance on its host, where all other members are, too?  Then Nova finds no other host."""
    return (
        "affinity" in group.policies
        and uuid in group.members
        and 1 < len(group.members) == len(there & {*group.members})
    )


def stop_again(context: Context, nova: Nova, load: Load) -> None:
    """Stop what was stopped before: Nova starts an instance if a failure has changed its state to ERROR."""
    mine = load.of_round()
    stops = load.host.memory.part("stops")
    left = _STOPS
    for uuid, found in records.current(tuple(mine)).items():
        tries = sum(other.instance == uuid for other in mine)
        if found[-1].in_flight or found[-1].has_failed or stops.get(uuid, tries > 1) is False:
            continue
        left -= 1
        if left < 0:
            load.is_ordered = True
            break
        refusal = _stopped(context, nova, uuid, load.row.host)
        tried = int(stops.get(uuid, 0)) + 1
        stops[uuid] = tried if refusal and tried < _REFUSALS else False
        if stops[uuid]:
            load.is_ordered = True
            load.host.say(f"{uuid} is to be stopped again: {refusal}")
        elif refusal:
            context.log.warn(f"{uuid} runs, though it was stopped before: {refusal}")
    load.host.memory.save()


def _stopped(context: Context, nova: Nova, uuid: str, source: str) -> str:
    """Stop an instance that was evacuated from *source*, if it has to be.  Returns why that is impossible now."""
    one = nova.instance(uuid)
    if one and one.task:
        return f"its task is {one.task}"
    if not one or one.host == source or one.vm_state != "active" or nova.last_deed(uuid) != "stop":
        return ""
    context.log.info(f"stop {uuid}, as it was before")
    status, _ = nova.stop(uuid)
    return "" if status in (202, 403, 404, 410) else f"Nova answers {status}"
