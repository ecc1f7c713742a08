"""The report: every distinct finding, and how to repeat it."""

from __future__ import annotations

import json
import os
import re

from tests.box.agent import DIRECTORY

from .run import environment


def report(found: list[dict], seed: str) -> str:
    """Every distinct finding with its numbers, and how to repeat the first."""
    kinds: dict[tuple[str, str], list[dict]] = {}
    for finding in found:
        kinds.setdefault((_kind(finding["what"]), _shape(finding["detail"])), []).append(finding)
    parts = []
    for (kind, _), same in sorted(kinds.items(), key=lambda item: (item[0][0], -len(item[1]))):
        first = min(same, key=lambda finding: len(json.dumps(finding["case"])))
        numbers = sorted({finding["case"]["number"] for finding in same})
        others = sorted({finding["what"] for finding in same} - {kind})
        parts.append(
            f"* {kind} ({len(same)} times: {', '.join(map(str, numbers[:8]))}{', ...' if len(numbers) > 8 else ''})\n"
            + "".join(f"  {what}\n" for what in others[:12])
            + f"  {first['detail'][:600]}\n"
            + f"  make fuzz SEED={seed} ONLY={first['case']['number']}\n"
            + "".join(_commands(first))
        )
    return "\n".join(parts)


def _kind(what: str) -> str:
    """What a finding has in common with others: for a file, the variable that names it."""
    verb, _, rest = what.partition(" ")
    named = rest.rpartition(" ")[2] if rest.endswith(")") else ""
    return f"{verb} a file {named}" if verb in ("made", "changed", "removed") and named else what


def _shape(detail: str) -> str:
    """The part of a detail that tells one kind of finding from another."""
    raised = re.search(r"bug: \w+: [^'\"]{0,40}|\b\w+Error\b", detail)
    lines = re.findall(r"/(ocf_lib/[^\"]*\", line \d+)", detail)
    return " ".join([raised.group(0) if raised else "", *lines[-1:]])


def _commands(finding: dict) -> list[str]:
    """The commands of a shell that perform the case by hand."""
    case = finding["case"]
    env = environment(case)
    made = []
    for number, (action, more) in enumerate(case["steps"]):
        mark = "  > " if number == finding["step"] else "    "
        words = [quoted(f"{name}={text}") for name, text in {**env, **more}.items()]
        made.append(f"{mark}env -i {' '.join(words)} {DIRECTORY}/{case['agent']} {quoted(action)}\n")
    return made


def quoted(text: str) -> str:
    """*text* as a word of bash."""
    if text and re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII) and len(text) < 500:
        return text
    letters = []
    for run in re.findall(r"x{500,}|9{500,}|.", text, re.DOTALL):
        if len(run) > 1:
            letters.append(f"'$(printf %{len(run)}s | tr ' ' {run[0]})$'")
        elif run in "'\\":
            letters.append("\\" + run)
        elif run.isprintable() and run.isascii():
            letters.append(run)
        else:
            letters += [f"\\x{byte:02x}" for byte in os.fsencode(run)]
    return "$'" + "".join(letters) + "'"
