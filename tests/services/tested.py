"""The table of docs/services.md that a run writes: what was run with which real daemon, on which release of Debian."""

from __future__ import annotations

import os
import platform
import time

from tests.box import image
from tests.conftest import ROOT

from . import life

PAGE = ROOT / "docs/services.md"
_MARK, _END = "<!-- tested: make test-services writes this table -->\n", "<!-- end of tested -->\n"
_NAMES = {image.OLDER: "Debian 12", image.NEWER: "Debian 13"}


def write(seen: dict[str, dict[str, tuple[str, str]]], versions: dict[str, str]) -> None:
    """Write the column of this release; that of the other one stays as it is."""
    before, mark, rest = PAGE.read_text().partition(_MARK)
    old, end, after = rest.partition(_END)
    if not mark or not end:
        raise SystemExit(f"{PAGE} has no place for the table")
    lines = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:4]] for line in old.splitlines()}
    column = image.RELEASES.index(image.RELEASE)
    for name, cases in seen.items():
        lines.setdefault(f"`{name}`", ["", ""])[column] = _cell(name, cases, versions[name])
    lines.setdefault("run", ["", ""])[column] = f"{time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.0f}"
    head = f"| service | {' | '.join(_NAMES[release] for release in image.RELEASES)} |\n|---|---|---|\n"
    rows = [f"| {name} | {' | '.join(cells)} |\n" for name, cells in sorted(lines.items()) if name.startswith("`")]
    last = f"| run | {' | '.join(lines['run'])} |\n"
    PAGE.write_text(before + mark + head + "".join(rows) + last + end + after)
    print(f"{PAGE} is written; {platform.platform()}, {os.cpu_count()} processors")


def _cell(name: str, cases: dict[str, tuple[str, str]], version: str) -> str:
    """The version of the real daemon, and how many of the cases went as expected; those that did not have their names."""
    wanted = {case: "0" if case.endswith((" back", "last stop")) else life.expected(name, case) for case in cases}
    other = [case for case, (code, _) in cases.items() if wanted[case] not in ("-", code)]
    count = sum(1 for code in wanted.values() if code != "-")
    problems = f"; not as expected: {', '.join(other)}" if other else ""
    return f"{version or 'a stand-in'}: {count - len(other)} of {count} cases{problems}"
