"""The record of a bench: every run until now, in a file from which its page is made."""

from __future__ import annotations

import json
from pathlib import Path


def load(path: Path, empty: dict) -> dict:
    """Every run until now; *empty* before the first one."""
    return json.loads(path.read_text()) if path.exists() else empty


def keep(path: Path, record: dict) -> None:
    """Write the record, so that a crash afterwards loses no run."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(record, indent=1))
    part.replace(path)
