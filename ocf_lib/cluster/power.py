"""What a success of the cluster's fencing proves of a node: that it has no power, or only that somebody said so."""

from __future__ import annotations

from .cib import Cib, Device, Level, Node

_NO_POWER = ("fence_compute", "fence_evacuate", "fence_nova", "fence_dummy", "fence_heuristics_ping",
             "fence_heuristics_resource")  # fmt: skip
"""Agents that succeed without any effect on the node.

fence_kdump is none: it waits until the node's own kernel says that it has
crashed, and then no instance runs.
"""
_BUILT_IN = {"watchdog": "fence_watchdog"}
"""The device that the fencer makes itself if stonith-watchdog-timeout is set: the node's own watchdog (sbd).

Source: STONITH_WATCHDOG_ID of Pacemaker's include/crm/fencing/internal.h.
"""


def without_power(cib: Cib, node: str) -> str:
    """Which level or device could have fenced *node*, and takes neither its power nor its storage; "" if none could.

    The history does not tell which one it was.  If there are levels for the
    node, the fencer uses no other device.
    """
    agents = {**_BUILT_IN, **{device.name: device.agent for device in cib.devices}}
    try:
        levels = [level for level in cib.levels if _is_for(level, cib.node(node), node)]
    except ValueError as problem:
        return str(problem)
    for level in levels:
        if not any(_cuts(agents.get(name, "")) for name in level.devices):
            return f"level {level.index} for {node} ({', '.join(level.devices)}) cuts no power"
    if levels:
        return ""
    for device in cib.devices:
        if _may_fence(device, node) and not _cuts(device.agent):
            return f"{device.name} ({device.agent}) for {node} cuts no power"
    return ""


def _is_for(level: Level, node: Node | None, name: str) -> bool:
    """Is this a level of the node *name*?  Raises ValueError if nobody can tell."""
    if level.target:
        return level.target.casefold() == name.casefold()
    if level.pattern:
        import re

        try:
            # Pacemaker's expressions are those of POSIX, which has classes such as [[:digit:]].
            found = None if "[:" in level.pattern else re.compile(level.pattern, re.IGNORECASE)
        except re.error:
            found = None
        if found is None:
            raise ValueError(f"level {level.index}: nobody can tell whether {level.pattern} stands for {name}")
        return found.search(name) is not None
    attribute, value = level.attribute
    return node is not None and dict(node.attributes).get(attribute) == value


def _may_fence(device: Device, node: str) -> bool:
    return not device.hosts or node.casefold() in [host.casefold() for host in device.hosts]


def _cuts(agent: str) -> bool:
    """Does this agent take the power or the storage?  One that nobody knows does; a device that is gone, "", did not."""
    return agent != "" and agent not in _NO_POWER
