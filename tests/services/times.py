"""The tables of docs/timeouts.md that a run writes: how long start, stop and monitor of each agent took."""

from __future__ import annotations

import os
import time

from tests.box import image
from tests.conftest import ROOT

PAGE = ROOT / "docs/timeouts.md"
ACTIONS = ("start", "stop", "monitor")
_HEAD = "| service | start | stop | monitor |\n|---|---|---|---|\n"


def write(times: dict[str, dict[str, list[float]]], versions: dict[str, str]) -> None:
    """Write the table of this release, in seconds; a service that this run did not have keeps its line.

    A stand-in for a daemon that Debian does not have measures nothing: it has no version.
    """
    mark = f"<!-- times of {image.RELEASE}: make test-services writes this table -->\n"
    end = f"<!-- end of {image.RELEASE} -->\n"
    before, found, rest = PAGE.read_text().partition(mark)
    old, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise SystemExit(f"{PAGE} has no place for the table of {image.RELEASE}")
    lines = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| `")}
    for name, of in times.items():
        if not versions[name]:
            continue
        cells = [f"{max(of[action]):.1f}" if action in of else "" for action in ACTIONS]
        lines[f"`{name}`"] = f"| `{name}` | {' | '.join(cells)} |"
    said = f"Measured on {time.strftime('%Y-%m-%d')}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.0f}:\n\n"
    PAGE.write_text(
        before + mark + said + _HEAD + "".join(f"{line}\n" for _, line in sorted(lines.items())) + end + after
    )
