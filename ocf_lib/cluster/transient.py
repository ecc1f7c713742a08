"""Attributes that a node loses when it leaves: only the attribute manager of the cluster is sure to have them.

With Pacemaker 3.0.0, those of a remote node never get into the CIB.
"""

from __future__ import annotations

from .. import errors
from ..context import Context
from . import program

HELD = "openstack-held"
"""The attribute with which an agent says that nova-compute does not run on the node yet, nor any instance.

Its value is the number of the fencing after which it waits, as the fencer that it asked wrote it down; 0 if that is
not known.
"""


def values(context: Context, name: str) -> dict[str, str]:
    """{node: its value} of an attribute.  Raises Degraded if the cluster cannot be asked."""
    try:
        said = program.ask(context, *_updater(name), "--query", "--all")
    except errors.Degraded as problem:
        if "attribute does not exist" in str(problem) or "No such device" in str(problem):
            return {}
        raise
    # name="evacuate" host="cmp1" value="no"
    lines = [line.split('"') for line in said.splitlines() if line.startswith("name=")]
    return {words[3]: words[5] for words in lines if len(words) > 5}


def tell(context: Context, name: str, node: str, value: str) -> None:
    """Let the attribute of *node* hold *value*.  Raises Degraded if the cluster does not take it."""
    program.ask(context, *_updater(name), f"--node={node}", f"--update={value}")


def remove(context: Context, name: str, node: str) -> None:
    """Remove the attribute of *node*.  Raises Degraded if the cluster does not do it."""
    program.ask(context, *_updater(name), f"--node={node}", "--delete")


def _updater(name: str) -> tuple[str, ...]:
    return ("attrd_updater", f"--name={name}")
