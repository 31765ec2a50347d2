"""The file of results: one JSON line per run, appended and never rewritten; the last line of a run counts."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Line = dict[str, Any]
Key = tuple[str, str, float, int]
DISTURBED = 0.25
"""Cores that others used on average, from which on a run counts as disturbed."""


def key_of(line: Line) -> Key:
    """Return what makes a run the same run."""
    return line["dataset"], line["peer"], float(line["time_limit_s"]), int(line["seed"])


def read_lines(path: Path) -> dict[Key, Line]:
    """Return the last line of each run; a line that a crash cut off is passed over."""
    found: dict[Key, Line] = {}
    if path.exists():
        for text in path.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            found.pop(key_of(line), None)
            found[key_of(line)] = line
    return found


def append(path: Path, line: Line) -> None:
    """Add a line, and see to it that it is on the disk; close a line that a crash cut off first."""
    cut = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if cut else "") + json.dumps(line, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())


def is_settled(line: Line, redo: str) -> bool:
    """Say whether a run need not be done again: redo is no, crashed, disturbed or all."""
    is_fine = {
        "no": True,
        "crashed": line["score"] is not None,
        "disturbed": bool(line["others_cores"] <= DISTURBED),
        "all": False,
    }
    return is_fine[redo]
