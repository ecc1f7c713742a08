"""What the documents say of the agents, made from what the agents and the checks declare.

usage: packaging/words.py        writes the generated tables of README.md and docs/
"""

from __future__ import annotations

import importlib
import runpy
import sys
import xml.etree.ElementTree as ET  # noqa: S405  it reads what the agents write
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ocf_lib import checks, param  # noqa: E402  the line above finds it
from ocf_lib.acts import hold, start, stop  # noqa: E402
from ocf_lib.checks import database, memcached, ovn, process  # noqa: E402
from ocf_lib.cloud import token  # noqa: E402
from ocf_lib.context import Context  # noqa: E402
from ocf_lib.host import Host  # noqa: E402
from ocf_lib.service import Service  # noqa: E402

if TYPE_CHECKING:
    from ocf_lib.agent import Program

# The page, and the name in the comment that stands above its table.
TABLES = {"projects": "README.md", "agents": "docs/services.md", "reasons": "docs/operate.md"}


def load(name: str) -> Program:
    """The Service, or Agent, that an agent declares; run, not imported, as that would leave byte code among the agents."""
    return runpy.run_path(str(ROOT / "agents" / name), run_name=name)["SERVICE"]


def about(name: str) -> list[str]:
    """The paragraphs with which the meta-data of an agent begin."""
    program = load(name)
    action = next(action for action in program.actions if action.name == "meta-data")
    text = ET.fromstring(action.load()(Context(program, [name, "meta-data"], {}, Host()))).findtext("longdesc")  # noqa: S314
    return [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]


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
            ]
        )
    )


def more_reasons(program: Program) -> list[tuple[str, str]]:
    """The further exit reasons of an agent: those of holding, or those of its own actions."""
    if isinstance(program, Service):
        return [*hold.REASONS] if any(param.name == "hold" for param in program.params) else []
    modules = dict.fromkeys(importlib.import_module(action.run.partition(":")[0]) for action in program.actions)
    # A module may repeat the reasons of those that it calls.
    return [*dict.fromkeys(reason for module in modules for reason in getattr(module, "REASONS", ()))]


def every_reason() -> list[tuple[str, str]]:
    """The exit reasons of all agents."""
    found = reasons(list(checks.KINDS)) + [reason for name in names() for reason in more_reasons(load(name))]
    return list(dict.fromkeys(found))


def table(which: str) -> str:
    """The rows of a generated table."""
    if which == "reasons":
        return "".join(f"| `{reason}` | {text} |\n" for reason, text in every_reason())
    if which == "projects":
        return "".join(f"| {project} | {', '.join(f'`{name}`' for name in found)} |\n" for project, found in projects())
    rows = []
    for name in names():
        own, program = (ROOT / "agents" / name).resolve().name, load(name)
        text = " ".join(checks.about(program)) if isinstance(program, Service) else about(name)[0]
        text = text if own == name else f"The old name of `{own}`."
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
