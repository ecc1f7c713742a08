"""Pacemaker's own programs: one question, one answer."""

from __future__ import annotations

from .. import errors, patience
from ..context import Context

REASONS = (
    (
        "the cluster cannot be asked: ...",
        "Degraded. Look whether Pacemaker runs on the node, and whether it has its command line tools.",
    ),
    ("the answer of the cluster cannot be read: ...", "Degraded. Report it, with the version of Pacemaker."),
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def ask(context: Context, *words: str) -> str:
    """What one of Pacemaker's programs prints.  Raises Degraded if it gives no answer, or another one than success."""
    name = words[0]
    seconds = min(patience.CLUSTER_ANSWERS, context.left() / 4)
    try:
        code, said = context.host.programs.ask([f"/usr/sbin/{name}", *words[1:]], seconds)
    except OSError as problem:
        raise errors.Degraded(f"the cluster cannot be asked: {name}: {problem.strerror or problem}") from None
    if code:
        last = said.strip().splitlines()[-1:] or [f"exit status {code}"]
        raise errors.Degraded(f"the cluster cannot be asked: {name}: {last[0]}")
    return said


def ask_xml(context: Context, root: str, *words: str) -> Element:
    """The element *root* that one of Pacemaker's programs prints.  Raises Degraded if there is none."""
    # Imported here: it costs 4 ms, and only an evacuation and a held nova-compute ask.
    from xml.etree import ElementTree

    said = ask(context, *words)
    # Warnings may stand before and after it.
    begin, end = said.find(f"<{root}"), said.rfind(f"</{root}>")
    try:
        if begin < 0 or end < begin:
            raise ElementTree.ParseError(f"there is no {root}")
        # The cluster wrote it, and only root and haclient can write to the cluster.
        return ElementTree.fromstring(said[begin : end + len(root) + 3])  # noqa: S314
    except ElementTree.ParseError as problem:
        raise errors.Degraded(f"the answer of the cluster cannot be read: {words[0]}: {problem}") from None
