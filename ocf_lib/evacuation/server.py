"""What to do with one instance on a dead host: a table, without any call."""

from __future__ import annotations

from ..record import Record
from .records import Instance, Migration

REASONS = (
    (
        "... x it is being live-migrated to ...",
        "Degraded. The instance may run there. If it does not, reset its state (openstack server set --state error), and"
        " evacuate it yourself.",
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
    stuck: tuple[int, ...] = ()  # numbers of records that nobody has taken, and that nobody works on any more
    void: tuple[int, ...] = ()  # numbers of records whose target has died since
    resets: bool = False  # the parameter reset_states


EVACUATE, RESET, WAIT, LEAVE = (Verdict(do=word) for word in ("evacuate", "reset", "wait", "leave"))


def judge(one: Instance, evacuations: tuple[Migration, ...], moving: tuple[Migration, ...], world: World) -> Verdict:
    """What to do with an instance on a dead host.

    *evacuations* are its records since the last one that succeeded.  *moving* are its other migrations that are not at
    their end.
    """
    flying = [record for record in evacuations if record.in_flight]
    if flying:
        if not all(_is_over(record, world) for record in flying):
            return WAIT
        # Its state is set to ERROR, without a task, before the next order.
        return EVACUATE if one.vm_state == "error" and not one.task else RESET
    if one.task in _GOES or one.vm_state in ("deleted", "soft-delete"):
        return LEAVE
    trouble = _moves(one, moving, world)
    if trouble:
        return Verdict(do="leave", why=trouble)
    if one.vm_state == "building" or one.task in _BUILDS or not one.launched:
        return Verdict(do="leave", why="it is being built")
    if one.vm_state in _NEEDS_RESET:
        return RESET if world.resets else Verdict(do="leave", why=f"it is {one.vm_state}")
    rebuilds = one.task.startswith("rebuild") and any(record.has_failed for record in evacuations[-1:])
    if not one.task or one.task == "migrating" or one.task.startswith(_HARMLESS) or rebuilds:
        return EVACUATE
    return Verdict(do="leave", why=f"its task is {one.task}")


def _is_over(record: Migration, world: World) -> bool:
    """Does nobody work on this evacuation any more, though its record is in flight?"""
    if record.number in world.void:
        return True
    return record.dest in world.dead if record.dest else record.number in world.stuck


def _moves(one: Instance, moving: tuple[Migration, ...], world: World) -> str:
    """Why a live migration or a resize forbids an evacuation, for a reason; "" if none does.

    A resize in flight has renamed the directory of the disk, so no other host finds the disk.
    """
    for record in moving:
        if record.kind == "live-migration" and record.dest not in world.dead:
            return f"it is being live-migrated to {record.dest or 'another host'}"
    if one.task == "migrating" and not moving:
        return "it is being live-migrated to another host"
    resizes = [record for record in moving if record.kind != "live-migration"]
    waits = all(record.status == "finished" for record in resizes) and not one.task.startswith("resize")
    if not waits or ((resizes or one.vm_state == "resized") and not world.resets):
        return "it is being resized"
    return ""
