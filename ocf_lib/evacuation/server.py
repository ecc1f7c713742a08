"""What to do with one instance on a dead host: a table, without any call."""

from __future__ import annotations

from ..record import Record
from .records import Instance, Migration

REASONS = (
    (
        "... x it is being live-migrated to ...",
        "Degraded. The instance may run there. If it does not, run nova reset-state for it, and evacuate it yourself.",
    ),
    (
        "... x it is being resized",
        "Degraded. Confirm or revert the resize when the host has returned, or set reset_states.",
    ),
    (
        "... x it is paused, suspended, rescued, shelved",
        "Degraded. It waits for its host, unless you set reset_states.",
    ),
    (
        "... x it is being built",
        "Degraded. It never ran. Delete it, or wait for its host: Nova then gives it the state ERROR.",
    ),
    ("... x its task is ...", "Degraded. Nova was doing something with it. It waits for its host."),
)
_BUILDS = ("scheduling", "block_device_mapping", "networking", "spawning")
_GOES = ("deleting", "soft-deleting")
_HARMLESS = ("powering-", "reboot", "pausing", "suspending", "image_", "updating_password")
_NEEDS_RESET = ("paused", "suspended", "rescued", "shelved", "resized")


class Verdict(Record):
    """What to do, and why nothing can be done."""

    do: str  # evacuate, reset (then evacuate), wait (it is in flight), or leave
    why: str = ""  # for a reason; "" if nobody has to know


class World(Record):
    """What the verdict on an instance depends on, beside the instance."""

    dead: tuple[str, ...] = ()  # hosts that are proven dead
    stuck: tuple[str, ...] = ()  # uuids of records that nobody works on any more
    resets: bool = False  # the parameter reset_states


EVACUATE, WAIT, LEAVE = Verdict(do="evacuate"), Verdict(do="wait"), Verdict(do="leave")


def judge(one: Instance, newest: Migration | None, moving: tuple[Migration, ...], world: World) -> Verdict:
    """What to do with an instance on a dead host.

    *newest* is its newest evacuation.  *moving* are its other migrations that are not at their end.
    """
    if newest and newest.in_flight:
        abandoned = newest.dest in world.dead if newest.dest else newest.uuid in world.stuck
        if not abandoned:
            return WAIT
        # Its state is set to ERROR, without a task, before the next order.
        return EVACUATE if one.vm_state == "error" and not one.task else Verdict(do="reset")
    if one.task in _GOES or one.vm_state in ("deleted", "soft-delete"):
        return LEAVE
    for record in moving:
        if record.kind != "live-migration":
            break
        if record.dest not in world.dead:
            return Verdict(do="leave", why=f"it is being live-migrated to {record.dest or 'another host'}")
    if one.task == "migrating" and not moving:
        return Verdict(do="leave", why="it is being live-migrated to another host")
    resizes = one.task.startswith("resize") or any(record.kind != "live-migration" for record in moving)
    if (resizes or one.vm_state == "resized") and not world.resets:
        return Verdict(do="leave", why="it is being resized")
    if one.vm_state == "building" or one.task in _BUILDS or not one.launched:
        return Verdict(do="leave", why="it is being built")
    if resizes or one.vm_state in _NEEDS_RESET:
        return Verdict(do="reset") if world.resets else Verdict(do="leave", why=f"it is {one.vm_state}")
    rebuilds = one.task.startswith("rebuild") and newest is not None and newest.has_failed
    if not one.task or one.task == "migrating" or one.task.startswith(_HARMLESS) or rebuilds:
        return EVACUATE
    return Verdict(do="leave", why=f"its task is {one.task}")
