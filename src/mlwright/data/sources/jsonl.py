"""JSON: one object a line, or one array of objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, final

from mlwright.core.errors import DataError
from mlwright.data.content import read_text
from mlwright.data.frames import from_frame
from mlwright.data.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.data.raw import Raw


@final
class JsonLines(Source):
    """JSON lines, or a JSON array of objects."""

    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", ".json")

    def read(self, path: Path) -> Raw:
        """Return all rows; a key that is lacking is a missing cell."""
        text = read_text(path)
        lines = text.split("\n")
        if text.lstrip().startswith("[") or (path.suffix.lower() == ".json" and not _is_lines(lines)):
            return from_frame(_load(text, path.name), path.name)
        rows = [_load_line(line, n, path.name) for n, line in enumerate(lines, 1) if line.strip()]
        return from_frame(rows, path.name)


def _load(text: str, source: str) -> Any:
    """Read a whole document."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source} is not valid JSON: {error}.") from error


def _is_lines(lines: list[str]) -> bool:
    """Tell whether several lines begin with a JSON object of its own, so that they are no document."""
    filled = [line for line in lines if line.strip()]
    try:
        return len(filled) > 1 and isinstance(json.loads(filled[0]), dict)
    except ValueError:
        return False


def _load_line(line: str, number: int, source: str) -> dict[str, Any]:
    """Read one line."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}, line {number}: not valid JSON: {error}.") from error
    if not isinstance(row, dict):
        raise DataError(
            f"{source}, line {number}: found {line[:60]!r}, expected an object of cells by column."
        )
    return row
