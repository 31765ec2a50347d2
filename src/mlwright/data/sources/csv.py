"""Text tables: comma, semicolon, tab or bar between the cells."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np
import polars as pl

from mlwright.core.errors import DataError
from mlwright.data.blocks import can_be_cut, pieces
from mlwright.data.content import read_text
from mlwright.data.frames import from_frame
from mlwright.data.scan import Scan, numbered, whole
from mlwright.data.source import Source
from mlwright.data.spelling import Spelling, spelling, typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlwright.data.raw import Raw

_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 262_144
_SAMPLE_RECORDS = 200


@final
class Csv(Source):
    """Comma-separated values and their kin."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".txt", ".tab", ".psv", ".data", ".dat")

    def read(self, path: Path) -> Raw:
        """Return all rows; cells are str, or numbers where a whole column is written plainly."""
        text = read_text(path).replace("\r\n", "\n")
        text = (text if "\n" in text else text.replace("\r", "\n")).strip("\n")
        separator = _sniff(text)
        names = _header(text, separator, path.name)
        frame = _read_fast(text, separator, len(names))
        if frame is None:
            columns = _read_carefully(text, separator, len(names), path.name)
            frame = pl.DataFrame(
                {str(i): pl.Series(cells, dtype=pl.String) for i, cells in enumerate(columns)}
            )
        if not frame.height:
            raise DataError(f"{path.name} has a header line but no rows.")
        frame.columns = names
        cells = frame.get_columns()
        return from_frame(frame.with_columns(typed(one, spelling(one).kind) for one in cells), path.name)

    def scan(self, path: Path) -> Scan:
        """Read some lines at a time; a file that is not plainly regular at once."""
        return (_scan(path) if can_be_cut(path) else None) or whole(self.read(path))


def _scan(path: Path) -> Scan | None:
    """Go through a plain table twice, first to learn how its columns are written; None if it is not plain."""
    texts = _texts(path)
    first = next(texts, "")
    if not first or (len(first) < _SAMPLE_CHARACTERS and next(texts, "")):
        return None
    separator = _sniff(first)
    names = _header(first, separator, path.name)
    spellings, n_rows = [Spelling()] * len(names), 0
    for frame in _frames(path, separator, names):
        if frame is None:
            return None
        n_rows += frame.height
        spellings = [a.joined(spelling(b)) for a, b in zip(spellings, frame.get_columns(), strict=True)]
    if not n_rows:
        return None
    kinds = {name: known.kind for name, known in zip(names, spellings, strict=True)}

    def lots(wanted: tuple[str, ...]) -> Iterator[Raw]:
        frames = (frame for frame in _frames(path, separator, names) if frame is not None)
        chosen = (frame.select(typed(frame[name], kinds[name]) for name in wanted) for frame in frames)
        return numbered(from_frame(frame, path.name) for frame in chosen)

    return Scan(tuple(names), n_rows, path.name, lots)


def _texts(path: Path) -> Iterator[str]:
    """Go through the text of a table, without blank lines at the ends of the pieces."""
    for piece in pieces(path, quotes=True):
        if text := piece.replace("\r\n", "\n").strip("\n"):
            yield text


def _frames(path: Path, separator: str, names: list[str]) -> Iterator[pl.DataFrame | None]:
    """Go through the rows of a table as texts; None for a piece that is not plainly regular."""
    head = ""
    for text in _texts(path):
        frame = _read_fast(head + text, separator, len(names))
        if frame is not None:
            frame.columns = names
        yield frame
        # Names would only cost: what the columns are called is known.
        head = separator.join(f"c{place}" for place in range(len(names))) + "\n"


def _sniff(text: str) -> str:
    """Find the separator with which most records have as many cells as the header, at least two."""
    csv.field_size_limit(2**31 - 1)
    sample = text[:_SAMPLE_CHARACTERS]
    best, chosen = (0.0, 1), ","
    for separator in _SEPARATORS:
        try:
            records = list(islice(csv.reader(io.StringIO(sample), delimiter=separator), _SAMPLE_RECORDS))
        except csv.Error:
            continue
        if len(sample) < len(text) and len(records) > 1:
            records.pop()  # may be cut off
        width = len(records[0])
        score = sum(len(record) == width for record in records) / len(records), width
        if width > 1 and score > best:
            best, chosen = score, separator
    return chosen


def _header(text: str, separator: str, source: str) -> list[str]:
    """Return the column names; one without a name is called after its place."""
    cells = next(_records(csv.reader(io.StringIO(text), delimiter=separator), source))
    names = [cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        shown = ", ".join(repr(name) for name in twice[:10])
        raise DataError(f"{source}: the header has several columns called {shown}. Names must be unique.")
    return names


def _read_fast(text: str, separator: str, width: int) -> pl.DataFrame | None:
    """Read with polars; None if the table is not plainly regular.

    polars fills short lines silently, so the separators outside quotes are counted: as no line may be
    too long, their number tells whether one is too short.
    """
    if "\n\n" in text:
        if '"' in text and width == 1:
            return None
        if '"' not in text:
            text = re.sub(r"\n{2,}", "\n", text)
    data = text.encode("utf-8", "replace")
    try:
        frame = pl.read_csv(data, separator=separator, infer_schema=False, raise_if_empty=False)
    except pl.exceptions.PolarsError:
        return None
    codes = np.frombuffer(data, dtype=np.uint8)
    marks = codes == ord(separator)
    if b'"' in data:
        # Parity of the quotes so far; a sum of bytes may overflow, its last bit does not.
        marks &= (np.cumsum(codes == ord('"'), dtype=np.uint8) & 1) == 0
    regular = frame.width == width and int(marks.sum()) == (width - 1) * (frame.height + 1)
    return frame if regular else None


def _read_carefully(text: str, separator: str, width: int, source: str) -> list[list[str]]:
    """Read line by line, and say which line is wrong."""
    columns: list[list[str]] = [[] for _ in range(width)]
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    next(reader)
    line = reader.line_num + 1
    for record in _records(reader, source):
        if record and len(record) != width:
            raise DataError(
                f"{source}, line {line}: found {len(record)} fields, expected {width} as in the header. "
                f"Is a cell that holds {separator!r} not quoted?"
            )
        for column, cell in zip(columns, record, strict=False):
            column.append(cell)
        line = reader.line_num + 1
    try:
        for _ in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
            pass
    except csv.Error as error:
        if "end of data" in str(error):
            raise DataError(f"{source}: a quote is opened and never closed.") from error
    return columns


def _records(reader: Any, source: str) -> Iterator[list[str]]:
    """Go through the lines; what is no line of a table is an error."""
    try:
        yield from reader
    except csv.Error as error:
        raise DataError(
            f"{source}, line {reader.line_num}: {error}. Is a carriage return inside of the line?"
        ) from error
