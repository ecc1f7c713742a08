"""The page that a run writes: the table, what differs and why, and what the operator reads."""

from __future__ import annotations

import os
import platform
import re
import textwrap
from pathlib import Path

from tests.unit.conftest import load

from . import row, table
from .faults import FAULTS, Fault
from .row import Column, Seen, Verdict

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/matrix.md"
Columns = dict[str, Column]

INTRODUCTION = f"""\
# The outage matrix

`make test-matrix` wrote this page. For each column it breaks one thing under every service at once. The services are
Debian's, on one node, with their agents' credentials. Every cell comes from monitors that the agents made while the
fault lasted, and after it. The run fails if a cell is not as `tests/matrix/table.py` expects.

| a cell | means |
|---|---|
| `190` | the verdict when it had settled: {row.SAME} monitors in a row said so |
| `190/1` | the settled verdict, and the worst one while the fault lasted |
| `0!` | within {{patience}} s after the fault it was not well, or a monitor asked for a restart, or the main process is another |
| `0?` | the cell is not as expected |

0 is well, 190 degraded, and 7 not running. After 190 Pacemaker restarts nothing. After 1 and 7 it restarts the service.
Each monitor had {row.TIMEOUT} s.

The machine has {{machine}}. The load is that of the last minute of the fault. The monitors of {{services}} services are a
part of it.

"""
LIMITS = """\

## What the faults are not

- A node of the tests shares the machine's clock. So a library in every program of the node moves the date that the
  program sees, as `tests/matrix/clock.c` says. A wait for a date that had begun before the step ends when it would have ended
  without the step; on a real machine it ends at once.
- The certificates that expire are those of Keystone and the APIs as the agents ask them. Among each other the services use HTTP.
- The password that is rotated is that of the monitoring user. The services' own account keeps its password.
- The services report every 10 s, and their lists call them down after 30 s. The defaults are longer.
- In the columns of a service's own processes, Keystone comes first, then every API at once, then every worker at once. A service
  without a child process that has the main process's name loses nothing in the columns of its workers. The processes of
  neutron-rpc-server have other names, so nothing of it was frozen or killed there.
- The monitors did not watch, so no heartbeat looked at a service between two monitors.
- After the clock was right again, a service that said 1 was stopped and started, as Pacemaker does. In every other column
  nobody restarted anything.
"""


def wrong(columns: Columns) -> dict[tuple[str, str], str]:
    """{(column, service): what is wrong with the cell}."""
    expected = table.expected()
    found = {}
    for key, column in columns.items():
        for name, seen in column.cells.items():
            wanted = expected[key][name]
            problems = []
            if seen.settled.code not in wanted:
                problems.append(f"{seen.settled.code} instead of {_either(wanted)}: {seen.settled.reason}")
            elif seen.worst.weight > max(1, *(Verdict(code, "").weight for code in wanted)):
                problems.append(f"{seen.worst.code} for a while: {seen.worst.reason}")
            if not (seen.is_well or (key in table.CURED and seen.after[-1].code == 0)):
                problems.append(_not_well(seen))
            if problems:
                found[key, name] = "; ".join(problems)
    return found


def _either(codes: set[int]) -> str:
    return " or ".join(map(str, sorted(codes)))


def _not_well(seen: Seen) -> str:
    if not seen.same:
        return "the main process is another afterwards"
    worst = max(seen.after, key=lambda one: one.weight)
    return f"after the fault {worst.code}: {worst.reason}"


def write(columns: Columns, patience: float) -> str:
    """The text of the page; *patience* is the time in seconds for a recovery."""
    faults = [fault for fault in FAULTS if fault.key in columns]
    bad = wrong(columns)
    names = list(columns[faults[0].key].cells)
    lines = [INTRODUCTION.rstrip("\n").format(patience=f"{patience:.0f}", machine=_machine(), services=len(names))]
    lines += ["", "| column | fault | how | made on | load | all well after |", "|---|---|---|---|---|---|"]
    for number, fault in enumerate(faults, 1):
        column = columns[fault.key]
        well = all(seen.after[-1].code == 0 for seen in column.cells.values())
        when = f"{column.made} | {column.load:.1f} | {f'{column.recovered:.0f} s' if well else 'never'}"
        lines.append(f"| {number} | {fault.title} | {fault.how} | {when} |")
    lines += ["", "## The table", ""]
    lines += [f"| service |{''.join(f' {number} |' for number in range(1, len(faults) + 1))}"]
    lines += [f"|---|{'---|' * len(faults)}"]
    for name in names:
        texts = (f"{columns[fault.key].cells[name].text}{'?' if (fault.key, name) in bad else ''}" for fault in faults)
        lines.append(f"| {name} |{''.join(f' {text} |' for text in texts)}")
    lines += ["", "## Cells that differ from the rule of their column", ""]
    lines += [*_differences(faults, names), *_cures(columns)] or ["None."]
    lines += ["", "## Cells that are not as expected", ""]
    lines += [f"- {_title(key)}, {name}: {_plain(text)}" for (key, name), text in bad.items()] or ["None."]
    lines += ["", "## What the operator reads", ""]
    for fault in faults:
        lines += _reasons(fault, columns[fault.key].cells)
    return "\n".join(lines).rstrip("\n") + "\n" + LIMITS


def _machine() -> str:
    """The machine of the run, for the page."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} processors, {memory:.0f} GiB of memory, Linux {platform.release().partition('-')[0]}"


def _title(key: str) -> str:
    return next(fault.title for fault in FAULTS if fault.key == key)


def _differences(faults: list[Fault], names: list[str]) -> list[str]:
    """Each expected cell that is not what the rule of its column says, with the reason."""
    expected, found = table.expected(), {}
    for fault in faults:
        for name in names:
            wanted = expected[fault.key][name]
            if not wanted <= table.rule(fault.key, load(name)):
                reason = f"{fault.title}, {_either(wanted)}: {table.WHY[fault.key, name]}"
                found.setdefault(reason, []).append(name)
    return [f"- {reason} ({', '.join(those)})." for reason, those in found.items()]


def _cures(columns: Columns) -> list[str]:
    """Each service that was restarted after a fault, with the reason why that is right."""
    found = []
    for key, why in table.CURED.items():
        names = [name for name, seen in columns[key].cells.items() if not seen.is_well]
        if names:
            found.append(f"- {_title(key)}, 1 after it: {why} ({', '.join(names)}).")
    return found


def _reasons(fault: Fault, cells: dict[str, Seen]) -> list[str]:
    """Each settled reason of one column, and who gave it."""
    given: dict[str, list[str]] = {}
    for name, seen in cells.items():
        if seen.settled.code:
            given.setdefault(
                f"{seen.settled.code} `{_plain(seen.settled.reason.removeprefix(f'{name}: '))}`", []
            ).append(name)
    if not given:
        return []
    lines = [f"{fault.title}:", ""]
    for reason, names in given.items():
        lines.append(
            textwrap.fill(
                f"- {reason} {', '.join(names)}",
                300,
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return [*lines, ""]


def _plain(text: str) -> str:
    """A reason without what is another one in each run."""
    text = re.sub(r"\b(pid|for|in|within) \d+", r"\1 N", text)
    return re.sub(r"\b[0-9a-f]{32}\b", "ID", text).replace("|", "/").replace("`", "'")
