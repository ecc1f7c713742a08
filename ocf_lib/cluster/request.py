"""The attribute ``evacuate`` of the old agents: "yes" asks for an evacuation, "no" says that it is finished.

fence_compute writes "yes", and its unfencing waits for "no".  It is a request,
never a proof: anybody may write it, and it is gone when the node returns.
"""

from __future__ import annotations

from ..context import Context
from . import program, transient

_NAME = "evacuate"


def values(context: Context) -> dict[str, str]:
    """{node: its value}.  Raises Degraded if the cluster does not say it."""
    return transient.values(context, _NAME)


def tell(context: Context, node: str, value: str) -> None:
    """Let the attribute of *node* hold *value*, without a line in the CIB.  Raises Degraded."""
    program.ask(context, "attrd_updater", "--private", f"--name={_NAME}", f"--node={node}", f"--update={value}")
