"""From raw cells to typed columns: the one conversion, in training and in serving.

What this module returns is what the model sees, so a value depends on its own cell and on the schema
alone: not on the container, the frame library, the other rows or their order. `parse_cell` is the
truth; `parse_column` takes shortcuts to the same values. Needs numpy and the standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError, MissingColumnError
from mlwright.core.schema import NUMERIC, Column, Kind, Role
from mlwright.data.cells import clean, plain, text_of
from mlwright.data.dates import END_S, FIRST_S, read_date, seconds, seconds_of
from mlwright.data.numerals import plain_numbers, read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from mlwright.core.arrays import Array
    from mlwright.data.raw import Cells, Raw

_TOKEN = re.compile(r"\w+|[^\w\s\x00-\x1f\x7f-\x9f]")
"""A word or a single sign, not one that controls a device: one of these fills up shorter texts in the
program. Texts enter the program as tokens with one space between them, so that it
needs to split at spaces only, which every runtime does alike."""
_MANY = 32
"""So many cells are worth sorting, to read each value once."""
_MOST_KNOWN, _SHORT = 1_024, 64
"""So many texts of so many characters are remembered for a column, as single rows bring the same ones."""
_SINGLE = frozenset({str, float, int, bool, type(None)})
"""Types that a cell usually has."""
_NO_DIGIT = re.compile(r"[^\d-]")
_EXACT = 2**53
"""Whole numbers up to here survive in double precision."""
_BRACKETS = frozenset("[{(")
"""What texts of lists and objects begin with: a column whose levels do not has learned none."""
_EXPECTED = {
    Kind.NUMBER: "a number such as 12.5, or empty",
    Kind.BOOLEAN: "true or false, or empty",
    Kind.DATETIME: "a date such as 2024-05-31 or 2024-05-31 08:00, or empty",
}

_EXAMPLE = datetime(2024, 12, 31, 8, 30)  # noqa: DTZ001 - only its spelling is shown

Cell = float | str


class _UnreadableError(ValueError):
    """A cell has no place in its column."""


def parse(columns: Iterable[Column], raw: Raw, *, where: str = "") -> dict[str, Array]:
    """Return typed columns by name, as `core.arrays.Columns` describes them.

    Columns of `raw` that are not asked for are ignored; their order does not matter. `where` says in
    a message what the rows are; the name of the file by default.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    DataError
        If a cell cannot be read.
    """
    wanted = list(columns)
    missing = not_there(wanted, raw.columns)
    if missing:
        needed = [column.name for column in wanted]
        raise MissingColumnError.among(missing, raw.columns, where or raw.source, needed)
    return {
        column.name: parse_column(column, raw.columns[column.name], n_before=raw.n_before)
        if column.name in raw.columns
        else np.full(raw.n_rows, nan)
        for column in wanted
    }


def not_there(columns: Iterable[Column], names: Container[str]) -> list[str]:
    """Return the names of columns that are needed and missing; a history that nobody gives is just empty."""
    return [column.name for column in columns if column.name not in names and column.role is not Role.HISTORY]


def parse_column(column: Column, values: Cells, *, n_before: int = 0) -> Array:
    """Return the cells of one column, shape (n_rows,); `n_before` rows stand before them in their file.

    float64 with NaN for missing where the kind is number, boolean or datetime (epoch seconds); else
    an object array of str with "" for missing.

    Raises
    ------
    DataError
        If a cell cannot be read; the message names the column, the row (from 1) and the cell.
    """
    if isinstance(values, np.ndarray):
        typed = _parse_typed(column, values)
        if typed is not None:
            return typed
        # Nanoseconds would turn into bare integers in a list.
        values = list(values) if values.dtype.kind in "Mm" else values.tolist()
    if len(values) >= _MANY and _is_plain(column) and (numbers := plain_numbers(values)) is not None:
        return numbers
    read = _reader(column)
    known: dict[str, Cell] = {}
    cells: list[Cell] = []
    value: object = None
    try:
        for value in values:
            if type(value) is str:
                cell = known.get(value)
                if cell is None:
                    cell = known[value] = read(value)
            else:
                cell = read(value)
            cells.append(cell)
    except _UnreadableError:
        row = n_before + len(cells) + 1
        raise DataError.cell(column.name, row, value, _expected(column)) from None
    if column.kind in NUMERIC:
        return np.array(cells, dtype=np.float64)
    return np.fromiter(cells, dtype=object, count=len(cells))


def parse_cell(column: Column, value: object) -> Cell:
    """Return one cell: a number (NaN is missing) or a text ("" is missing).

    Raises
    ------
    DataError
        If the cell cannot be read.
    """
    return cell_reader(column)(value)


def cell_reader(column: Column) -> Callable[[object], Cell]:
    """Return `parse_cell` for one column, for those who read many single rows."""
    read = _reader(column)

    def checked(value: object) -> Cell:
        try:
            return read(value)
        except _UnreadableError:
            raise DataError.cell(column.name, 1, value, _expected(column)) from None

    return checked


def row_reader(columns: Iterable[Column]) -> Callable[[dict[str, Any]], list[Cell] | None]:
    """Return what reads a dict of single cells as `parse_cell` does, for those who read many single rows.

    It gives None for a dict that holds columns, or lacks one.
    """
    readers = [(column.name, cell_reader(column), column.kind is Kind.NUMBER) for column in columns]

    def read_row(data: dict[str, Any]) -> list[Cell] | None:
        row: list[Cell] = []
        for name, read, is_number in readers:
            if name not in data:
                return None
            value = data[name]
            if is_number and type(value) is float and isfinite(value):
                row.append(value)  # as it would be read, without a call for each of many columns
                continue
            if (
                type(value) not in _SINGLE
                and hasattr(value, "__len__")
                and not isinstance(value, str | bytes)
            ):
                return None
            row.append(read(value))
        return row

    return read_row


def labels(column: Column, values: Cells) -> Array:
    """Return target cells as people know them: int, float, bool or str, None where missing.

    An object array of shape (n_rows,).
    """
    numeric = column.kind in NUMERIC
    # Strings and texts are folded for features; a label keeps its own spelling.
    cells = parse_column(column if numeric else replace(column, kind=Kind.CATEGORY), values)

    def label(cell: Any) -> object:
        if not numeric:
            return cell or None
        if isnan(cell):
            return None
        if column.kind is Kind.BOOLEAN:
            return bool(cell)
        return int(cell) if column.is_integer and cell.is_integer() else cell

    found: Array = np.fromiter(map(label, cells.tolist()), dtype=object, count=len(cells))
    if numeric and column.is_integer:
        for row in np.flatnonzero(np.abs(cells) > _EXACT).tolist():
            found[row] = _exactly(values[row], found[row])
    return found


def _exactly(value: object, rounded: int) -> int:
    """Return a large whole number as it was written, as doubles do not tell it from its neighbors."""
    value = plain(value)
    if isinstance(value, str):
        digits = _NO_DIGIT.sub("", value)
        value = int(digits) if digits else rounded
    return value if isinstance(value, int) and float(value) == rounded else rounded


def _expected(column: Column) -> str:
    """Say what a cell should have been."""
    if column.date_format:
        return f"a date written like {_EXAMPLE.strftime(column.date_format)!r}, as in training, or empty"
    return _EXPECTED.get(column.kind, "a text, a number, true or false, or empty")


def _reader(column: Column) -> Callable[[object], Cell]:
    """Return the function that reads a cell of this column."""
    if column.kind not in NUMERIC:
        return _text_reader(column)
    missing = frozenset(column.missing)
    is_number, is_plain = column.kind is Kind.NUMBER, _is_plain(column)
    bare = _BARE.get(column.kind, plain)

    def read(value: object) -> Cell:
        if is_number and type(value) is float:  # the short ways for most cells
            return value if isfinite(value) else nan
        if is_plain and type(value) is str and "_" not in value:
            try:
                number = float(value)
            except ValueError:
                pass
            else:
                return number if isfinite(number) else nan
        value = bare(value)
        if value is None:
            return nan
        if isinstance(value, str):
            text = clean(value)
            return nan if not text or text.lower() in missing else _read_spelled(column, text)
        if isinstance(value, date) and column.kind is not Kind.DATETIME and text_of(value).lower() in missing:
            return nan
        return _read_value(column.kind, value)

    return read


def _is_plain(column: Column) -> bool:
    """Tell whether what Python reads as a number is one in this column."""
    return column.kind is Kind.NUMBER and column.decimal == "." and not any(map(_is_number, column.missing))


def _text_reader(column: Column) -> Callable[[object], Cell]:
    """Return the function that reads a cell of a column of texts."""
    missing = frozenset(column.missing)
    folds = column.kind in (Kind.STRING, Kind.TEXT)
    is_flat = bool(column.levels) and not any(level[:1] in _BRACKETS for level in column.levels)

    def read(value: object) -> str:
        if is_flat and type(value) is not str and _is_nested(value):
            raise _UnreadableError
        text = text_of(value)
        if missing and text.lower() in missing:
            return ""
        return " ".join(_TOKEN.findall(text.lower())) if folds else text

    known = lru_cache(_MOST_KNOWN)(read)

    def read_known(value: object) -> Cell:
        return known(value) if type(value) is str and len(value) <= _SHORT else read(value)

    return read_known


def _is_nested(value: object) -> bool:
    """Tell whether a cell holds several: a list, an object of JSON, an array."""
    return isinstance(value, Collection) and not isinstance(value, str | bytes)


def _plain_moment(value: object) -> object:
    """Return `plain` of a cell of dates, which hides durations and moments that only numpy can hold."""
    if isinstance(value, np.datetime64):
        is_odd = not np.isnat(value) and bool(np.isnan(seconds_of(np.array([value]))[0]))
    else:
        is_odd = isinstance(value, timedelta | np.timedelta64) and plain(value) is not None
    if is_odd:
        raise _UnreadableError
    return plain(value)


_BARE: dict[Kind, Callable[[object], object]] = {Kind.DATETIME: _plain_moment}
"""What makes a cell a plain value, where `plain` does not do."""


def _is_number(text: str) -> bool:
    """Tell whether Python reads a text as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_spelled(column: Column, text: str) -> float:
    """Read a number, a truth or a date from text."""
    try:
        if column.kind is Kind.DATETIME:
            return _read_moment(read_date(text, column.date_format))
        if column.kind is Kind.BOOLEAN and text.lower() in ("true", "false"):
            return float(text.lower() == "true")
        number = read_number(text, column.decimal, column.thousands)
    except (ValueError, OverflowError):
        raise _UnreadableError from None
    return _read_value(column.kind, number) if isfinite(number) else nan


def _read_value(kind: Kind, value: object) -> float:
    """Read a number, a truth or a date from a value of a fitting type."""
    if kind is Kind.DATETIME:
        return _read_moment(value)
    if not isinstance(value, bool | int | float):
        raise _UnreadableError
    if kind is Kind.BOOLEAN and value not in (0, 1):
        raise _UnreadableError
    return float(value)


def _read_moment(value: object) -> float:
    """Return seconds since 1970; what is outside of the years 1 to 9999 is no date, such as milliseconds."""
    if isinstance(value, bool) or not isinstance(value, date | int | float):
        raise _UnreadableError
    moment = seconds(value) if isinstance(value, date) else float(value)
    if not FIRST_S <= moment <= END_S:
        raise _UnreadableError
    return moment


def _parse_typed(column: Column, values: Array) -> Array | None:
    """Parse a typed array at once; None where the cells must be looked at one by one."""
    kind = values.dtype.kind
    if kind not in "biufM":
        return None
    if column.kind not in NUMERIC:
        if len(values) < _MANY:
            return None
        read = _reader(column)
        distinct, places = np.unique(values, return_inverse=True)
        texts = np.fromiter(map(read, distinct), dtype=object, count=len(distinct))
        out: Array = texts[places]
        return out
    if kind == "M":
        moments = seconds_of(values) if column.kind is Kind.DATETIME else None
        return None if moments is None or np.any(np.isnan(moments) & ~np.isnat(values)) else moments
    numbers = values.astype(np.float64)
    if kind == "f":
        numbers[~np.isfinite(numbers)] = np.nan
    is_odd = (
        (kind == "b" or np.any((numbers < FIRST_S) | (numbers > END_S)))
        if column.kind is Kind.DATETIME
        else column.kind is Kind.BOOLEAN and not np.all(np.isnan(numbers) | (numbers == 0) | (numbers == 1))
    )
    return None if is_odd else numbers
