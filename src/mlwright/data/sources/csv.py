"""Text tables: comma, semicolon, tab or bar between the cells.

A cell becomes a number only if its text can be told from the number again. So what a cell is never
depends on the other rows of its file, and "00123" or "1.50" stay what they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
import polars as pl

from mlwright.core.errors import DataError
from mlwright.data.cells import text_of
from mlwright.data.content import read_text
from mlwright.data.frames import from_frame
from mlwright.data.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.data.raw import Raw

_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 262_144
_SAMPLE_RECORDS = 200
_PLAIN = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d+)?$"
_GROUPED = r"^-?[1-9]\d{0,2}\.\d{3}$"
"""Looks like thousands where the comma is the decimal mark."""


@final
class Csv(Source):
    """Comma-separated values and their kin."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".txt", ".tab", ".psv", ".data", ".dat")

    def read(self, path: Path) -> Raw:
        """Return all rows; cells are str, or numbers where a whole column is written plainly."""
        text = read_text(path).replace("\r\n", "\n")
        text = (text if "\n" in text else text.replace("\r", "\n")).strip("\n")
        csv.field_size_limit(2**31 - 1)
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
        return from_frame(frame.with_columns(_typed(column) for column in frame.get_columns()), path.name)


def _sniff(text: str) -> str:
    """Find the separator with which most records have as many cells as the header, at least two."""
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
    cells = next(csv.reader(io.StringIO(text), delimiter=separator))
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
    for record in reader:
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


def _typed(column: pl.Series) -> pl.Series:
    """Turn text into numbers where every number spells the text it came from."""
    text = column.str.strip_chars()
    text = text.set(text == "", None)
    n_known = len(text) - text.null_count()
    head = text.drop_nulls().head(20)
    if not n_known or not head.str.contains(_PLAIN).all() or not text.str.contains(_PLAIN).all():
        return column
    if not text.str.contains(".", literal=True).any():
        numbers = text.cast(pl.Int64, strict=False)
        return numbers if (numbers.cast(pl.String) == text).sum() == n_known else column
    floats = text.cast(pl.Float64, strict=False)
    spelled = floats.cast(pl.String)
    # "12" may stand among "12.5"; "1.50" may not, for a code is not a price.
    same = ((spelled == text) | (spelled == text + ".0")) & (floats.abs() >= 1e-4) & (floats.abs() < 1e15)
    fractions = text.filter(text.str.contains(".", literal=True).fill_null(value=False))
    if fractions.str.contains(_GROUPED).all():
        return column
    for left in text.filter(~same.fill_null(value=True)).unique(maintain_order=True):
        if text_of(left) != text_of(float(left)):
            return column
    return floats
