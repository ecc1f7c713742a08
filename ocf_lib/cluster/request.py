"""The attribute ``evacuate`` of the old agents: "yes" asks for an evacuation, "no" says that it is finished.

fence_compute writes "yes", and its unfencing waits for "no".  It is a request,
never a proof: anybody may write it, and it is gone when the node returns.
"""

from __future__ import annotations

from .. import errors
from ..context import Context
from . import program

_NAME = "--name=evacuate"


def values(context: Context) -> dict[str, str]:
    """{node: its value}.  Raises Degraded if the cluster does not say it."""
    from xml.etree import ElementTree

    try:
        said = program.ask(context, "attrd_updater", _NAME, "--query", "--all")
    except errors.Degraded as problem:
        if "does not exist" in str(problem) or "No such device" in str(problem):
            return {}
        raise
    # One line for each node: name="evacuate" host="cmp1" value="no"
    lines = [line for line in said.splitlines() if line.startswith("name=")]
    try:
        found = [ElementTree.fromstring(f"<a {line}/>") for line in lines]  # noqa: S314  the cluster wrote it
    except ElementTree.ParseError as problem:
        raise errors.Degraded(f"the answer of the cluster cannot be read: attrd_updater: {problem}") from None
    return {one.get("host", ""): one.get("value", "") for one in found}


def tell(context: Context, node: str, value: str) -> None:
    """Let the attribute of *node* hold *value*, without a line in the CIB.  Raises Degraded."""
    program.ask(context, "attrd_updater", "--private", _NAME, f"--node={node}", f"--update={value}")
