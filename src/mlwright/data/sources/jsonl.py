"""JSON: one object a line, or one array of objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, final

from mlwright.core.errors import DataError
from mlwright.data.blocks import can_be_cut, pieces
from mlwright.data.content import read_text
from mlwright.data.frames import from_frame, typed
from mlwright.data.raw import Raw
from mlwright.data.scan import Scan, numbered, whole
from mlwright.data.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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

    def scan(self, path: Path) -> Scan:
        """Read some lines at a time, twice: the first time to learn all keys; an array at once."""
        is_lines = path.suffix.lower() != ".json" and can_be_cut(path)
        if not is_lines or next(pieces(path)).lstrip().startswith("["):
            return whole(self.read(path))
        keys: dict[str, None] = {}
        n_rows = 0
        for rows in _rows(path):
            keys.update(dict.fromkeys(key for row in rows for key in row))
            n_rows += len(rows)
        if not keys:
            return whole(self.read(path))

        def lots(names: tuple[str, ...]) -> Iterator[Raw]:
            for rows in _rows(path):
                cells = {name: typed([row.get(name) for row in rows]) for name in names}
                yield Raw(cells, len(rows), path.name)

        return Scan(tuple(keys), n_rows, path.name, lambda names: numbered(lots(names)))


def _rows(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Go through the rows of a file of lines."""
    before = 1
    for piece in pieces(path):
        lines = enumerate(piece.split("\n"), before)
        yield [_load_line(line, number, path.name) for number, line in lines if line.strip()]
        before += piece.count("\n")


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
