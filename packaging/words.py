"""What the documents say of the agents, made from what the agents and the checks declare.

usage: packaging/words.py        writes the generated tables of README.md and docs/
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ocf_lib import checks, param  # noqa: E402  the line above finds it
from ocf_lib.acts import hold, start, stop  # noqa: E402
from ocf_lib.checks import database, memcached, ovn, process  # noqa: E402
from ocf_lib.cloud import token  # noqa: E402
from ocf_lib.service import Service  # noqa: E402

# The page, and the name in the comment that stands above its table.
TABLES = {"projects": "README.md", "agents": "docs/services.md", "reasons": "docs/operate.md"}


def load(name: str) -> Service:
    """The Service that an agent declares; run, not imported, as that would leave byte code among the agents."""
    return runpy.run_path(str(ROOT / "agents" / name), run_name=name)["SERVICE"]


def names() -> list[str]:
    """Every agent, and every old name, which is a link."""
    return sorted(path.name for path in (ROOT / "agents").iterdir())


def projects() -> list[tuple[str, list[str]]]:
    """Each project, as the titles of its agents name it, with its agents."""
    found: dict[str, list[str]] = {}
    for name in names():
        # "OpenStack Image Registry (Glance, until Ussuri)"; Placement has no other name.
        title = load(name).title.removeprefix("OpenStack ")
        found.setdefault(title.rpartition("(")[2].rstrip(")").partition(",")[0], []).append(name)
    return sorted(found.items())


def reasons(kinds: list[checks.Kind]) -> list[tuple[str, str]]:
    """(exit reason, what to do) of an agent with these checks."""
    found = [*process.REASONS]
    for kind in kinds:
        found += kind.load().REASONS
    if any(kind.needs_credentials for kind in kinds):
        found += token.REASONS
    # Several checks may give the same reason.
    return list(
        dict.fromkeys(
            [
                *found,
                *database.REASONS,
                *memcached.REASONS,
                *ovn.REASONS,
                *param.REASONS,
                *start.REASONS,
                *stop.REASONS,
                *hold.REASONS,
            ]
        )
    )


def table(which: str) -> str:
    """The rows of a generated table."""
    if which == "reasons":
        return "".join(f"| `{reason}` | {text} |\n" for reason, text in reasons(list(checks.KINDS)))
    if which == "projects":
        return "".join(f"| {project} | {', '.join(f'`{name}`' for name in found)} |\n" for project, found in projects())
    rows = []
    for name in names():
        own, service = (ROOT / "agents" / name).resolve().name, load(name)
        text = " ".join(checks.about(service)) if own == name else f"The old name of `{own}`."
        rows.append(f"| `{name}` | {text} |\n")
    return "".join(rows)


def split(which: str) -> tuple[str, str, str]:
    """The page of a generated table: what stands before its rows, the rows, and what stands after them."""
    text = (ROOT / TABLES[which]).read_text()
    before, mark, rest = text.partition(f"<!-- {which}: make bless writes this table -->\n")
    inside, end, after = rest.partition("<!-- end -->\n")
    if not mark or not end:
        raise SystemExit(f"{TABLES[which]} has no place for the table of {which}")
    lines = inside.splitlines(keepends=True)
    top = next((number for number, line in enumerate(lines) if line.startswith("|---")), 0) + 1
    rows = [line for line in lines[top:] if line.startswith("|")]
    # The blank lines around a table belong to its page.
    return before + mark + "".join(lines[:top]), "".join(rows), "".join(lines[top + len(rows) :]) + end + after


def main() -> None:
    for which, page in TABLES.items():
        before, _, after = split(which)
        (ROOT / page).write_text(before + table(which) + after)


if __name__ == "__main__":
    main()
