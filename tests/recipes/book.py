"""The recipes of docs/recipes: what an administrator types for each, and what a simulation does to it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

BOOK = ROOT / "docs/recipes"
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
TOOLS = ("pcs", "crm")


class Fault(NamedTuple):
    """Something that happens to a cluster, and its end; each is options of crm_simulate."""

    title: str
    begins: tuple[str, ...]
    over: str = ""
    """title of the end; "" if nobody looks at it"""
    ends: tuple[str, ...] = ()


class Recipe(NamedTuple):
    """One folder of the book."""

    name: str
    nodes: int = 3
    stands: tuple[str, ...] = ()
    """options of crm_simulate that make the cluster what it is before the faults, as --ticket-grant=..."""
    further: tuple[Fault, ...] = ()
    """faults besides the loss of each node"""
    kind: str = "cluster"
    """the root of a host that has every agent of the recipe"""
    scripts: tuple[tuple[str, str], ...] = ()
    """files of the folder that are agents, and where each of them goes"""

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes of the cluster, without remote nodes."""
        return NUMBERS[: self.nodes]

    @property
    def faults(self) -> list[Fault]:
        """Each node is lost and comes back; then the further ones."""
        return [*(lost(name) for name in self.names), *self.further]

    @property
    def folder(self) -> Path:
        return BOOK / self.name

    @property
    def golden(self) -> Path:
        """What runs where, as the reviewer sees it."""
        return ROOT / "tests/golden/placements" / f"{self.name}.txt"

    def commands(self) -> list[str]:
        """What the file for pcs holds, without comments; a continued line as one."""
        text = (self.folder / "pcs.sh").read_text().replace("\\\n", "")
        lines = [" ".join(line.split()) for line in text.splitlines()]
        return [line for line in lines if line and not line.startswith("#")]


def lost(*names: str) -> Fault:
    """The plug of these nodes is out at the same moment, and later in again."""
    said = " and ".join(names)
    verbs = ("is lost", "is back") if len(names) == 1 else ("are lost", "are back")
    return Fault(
        f"{said} {verbs[0]}", tuple(f"--node-fail={name}" for name in names),
        f"{said} {verbs[1]}", tuple(f"--node-up={name}" for name in names),
    )  # fmt: skip


# A recipe with three nodes, and nothing to say but that each of them is lost, needs no entry.
_TICKET = "openstack"
_KNOWN = (
    Recipe("controller", kind="cloud"),
    Recipe("failover-keystone", scripts=(("openstack-gate", "/etc/init.d/openstack-gate"),)),
    Recipe("n-plus-1", nodes=4),
    Recipe("n-plus-m", nodes=5, further=(lost("one", "two"),)),
    Recipe("n-to-1", nodes=4),
    # One of the sites, which has the ticket.
    Recipe(
        "two-sites",
        nodes=2,
        stands=(f"--ticket-grant={_TICKET}",),
        further=(
            Fault("the ticket is lost", (f"--ticket-revoke={_TICKET}",)),
            Fault(
                "the ticket stands by",
                (f"--ticket-standby={_TICKET}",),
                "the ticket is active again",
                (f"--ticket-activate={_TICKET}",),
            ),
        ),
    ),
)


def recipe(name: str) -> Recipe:
    """The recipe in the folder of this name."""
    return next((known for known in _KNOWN if known.name == name), Recipe(name))


def every() -> list[Recipe]:
    """Each folder of the book is a recipe."""
    return [recipe(folder.name) for folder in sorted(BOOK.iterdir()) if folder.is_dir()]
