"""What an administrator types for a recipe: its file for pcs, the files beside it, and the commands of its page."""

from __future__ import annotations

from tests.box.machine import Host

from .book import BOOK


def file(name: str, path: str) -> str:
    """The text of a file in the folder of a recipe."""
    return (BOOK / name / path).read_text()


def paste(host: Host, script: str) -> None:
    """Type a script at a host.  Raises AssertionError with all that was printed, if a command fails."""
    host.run("sh", "-ec", f"cd /root\n{script}", timeout=900)


def commands(name: str, heading: str) -> list[str]:
    """The commands that stand indented below a heading of the recipe's page, without remarks."""
    _, found, rest = file(name, "README.md").partition(f"\n## {heading}\n")
    assert found, f"{name} has no heading {heading}"
    below = rest.partition("\n## ")[0].splitlines()
    return [line.partition(" # ")[0].strip() for line in below if line.startswith("    ")]
