"""From raw cells to typed columns: the one conversion, in training and in serving.

What this module returns is what the model sees, so a value depends on its own cell and on the schema
alone: not on the container, the frame library, the other rows or their order. `parse_cell` is the
truth; `parse_column` takes shortcuts to the same values. Needs numpy and the standard library only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite, isnan, nan
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError, MissingColumnError
from mlwright.core.schema import NUMERIC, Column, Kind
from mlwright.data.dates import read_date, seconds, seconds_of
from mlwright.data.numerals import read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlwright.core.arrays import Array
    from mlwright.data.raw import Cells, Raw

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_WHOLE_FLOAT = re.compile(r"-?[1-9][0-9]*\.0|0\.0")
_HUGE = 10**300
"""Whole numbers beyond this are missing, as infinite ones are."""
_EXPECTED = {
    Kind.NUMBER: "a number such as 12.5, or empty",
    Kind.BOOLEAN: "true or false, or empty",
    Kind.DATETIME: "a date such as 2024-05-31 or 2024-05-31 08:00, or empty",
}

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
    missing = [column.name for column in wanted if column.name not in raw.columns]
    if missing:
        raise MissingColumnError.among(missing, raw.columns, where or raw.source)
    return {column.name: parse_column(column, raw.columns[column.name]) for column in wanted}


def parse_column(column: Column, values: Cells) -> Array:
    """Return the cells of one column, shape (n_rows,).

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
        raise DataError.cell(column.name, len(cells) + 1, value, _expected(column)) from None
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
    try:
        return _reader(column)(value)
    except _UnreadableError:
        raise DataError.cell(column.name, 1, value, _expected(column)) from None


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

    return np.fromiter(map(label, cells.tolist()), dtype=object, count=len(cells))


def plain(value: object) -> object:
    """Return None for what is missing in itself, else a bool, int, float, str, date or datetime.

    Missing are None, NaN, NaT, pandas' NA, infinite and overflowing numbers. Anything that is none
    of these types comes back as it is.
    """
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is float:
        return value if isfinite(value) else None  # type: ignore[arg-type]
    if kind is int:
        return value if -_HUGE < value < _HUGE else None  # type: ignore[operator]
    return _unwrap(value)


def clean(text: str) -> str:
    """Strip a text and remove what a string of the program cannot hold."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        # A lone surrogate, as JSON may bring it, has no UTF-8.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.strip()


def text_of(value: object) -> str:
    """Return the canonical text of a cell, "" for missing.

    Whole numbers lose their ".0", so that codes survive a column of doubles; true is "true".
    """
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, str):
        text = clean(value)
        return text[:-2] if text.endswith(".0") and _WHOLE_FLOAT.fullmatch(text) else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, date):
        return _in_utc(value).isoformat()
    return clean(str(value))


def _expected(column: Column) -> str:
    """Say what a cell should have been."""
    shown = _EXPECTED[column.kind]
    return f"{shown} (format {column.date_format})" if column.date_format else shown


def _unwrap(value: object) -> object:
    """Do the rarer types of `plain`."""
    if isinstance(value, np.datetime64):
        return _unwrap_moment(value)
    if isinstance(value, np.timedelta64):
        return None if np.isnat(value) else float(value / np.timedelta64(1, "us")) / 1e6
    if isinstance(value, date | str) or type(value).__name__ == "NAType":
        return _unwrap_subclass(value)
    if isinstance(value, np.generic) and not isinstance(value, str | float | bytes):
        value = float(value) if isinstance(value, np.floating) else value.item()
        return None if isinstance(value, float) and not isfinite(value) else value
    if isinstance(value, timedelta):
        return value / timedelta(microseconds=1) / 1e6
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return _unwrap_number(value) if isinstance(value, Real | Decimal) else value


def _unwrap_subclass(value: object) -> object:
    """Do pandas' NA and NaT, strings of numpy, dates of pandas."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return str(value) if isinstance(value, str) else value


def _unwrap_moment(value: np.datetime64) -> date | None:
    """Return a datetime, a date where the unit is a day or more, or None."""
    if np.isnan(seconds_of(np.array([value]))[0]):
        return None
    # Through whole microseconds: seconds as a double could not be added exactly.
    moment = _EPOCH + timedelta(microseconds=_microseconds(value))
    return moment.date() if np.datetime_data(value)[0] in ("D", "W", "M", "Y") else moment


def _unwrap_number(value: Any) -> float | None:
    """Return decimals, fractions and other numbers as doubles."""
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if isfinite(number) else None


def _microseconds(value: np.datetime64) -> int:
    """Return whole microseconds since 1970, rounded down."""
    return int(value.astype("datetime64[us]").astype(np.int64))


def _in_utc(moment: date) -> date:
    """Return a moment in UTC without its zone."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None)
    return moment


def _reader(column: Column) -> Callable[[object], Cell]:
    """Return the function that reads a cell of this column."""
    missing = frozenset(column.missing)
    if column.kind not in NUMERIC:
        folds = column.kind in (Kind.STRING, Kind.TEXT)

        def read_text(value: object) -> Cell:
            text = text_of(value)
            if missing and text.lower() in missing:
                return ""
            return " ".join(text.lower().split()) if folds else text

        return read_text

    def read(value: object) -> Cell:
        value = plain(value)
        if value is None:
            return nan
        if isinstance(value, str):
            text = clean(value)
            return nan if not text or text.lower() in missing else _read_spelled(column, text)
        return _read_value(column.kind, value)

    return read


def _read_spelled(column: Column, text: str) -> float:
    """Read a number, a truth or a date from text."""
    try:
        if column.kind is Kind.DATETIME:
            return read_date(text, column.date_format)
        if column.kind is Kind.BOOLEAN and text.lower() in ("true", "false"):
            return float(text.lower() == "true")
        number = read_number(text, column.decimal, column.thousands)
    except (ValueError, OverflowError):
        raise _UnreadableError from None
    return _read_value(column.kind, number) if isfinite(number) else nan


def _read_value(kind: Kind, value: object) -> float:
    """Read a number, a truth or a date from a value of a fitting type."""
    if kind is Kind.DATETIME and isinstance(value, date):
        return seconds(value)
    if not isinstance(value, bool | int | float):
        raise _UnreadableError
    if kind is Kind.BOOLEAN and value not in (0, 1):
        raise _UnreadableError
    return float(value)


def _parse_typed(column: Column, values: Array) -> Array | None:
    """Parse a typed array at once; None where the cells must be looked at one by one."""
    kind = values.dtype.kind
    if kind not in "biufM":
        return None
    if column.kind not in NUMERIC:
        read = _reader(column)
        distinct, places = np.unique(values, return_inverse=True)
        texts = np.fromiter(map(read, distinct), dtype=object, count=len(distinct))
        out: Array = texts[places]
        return out
    if kind == "M":
        return seconds_of(values) if column.kind is Kind.DATETIME else None
    numbers = values.astype(np.float64)
    if kind == "f":
        numbers[~np.isfinite(numbers)] = np.nan
    if column.kind is Kind.BOOLEAN and not np.all(np.isnan(numbers) | (numbers == 0) | (numbers == 1)):
        return None
    return numbers
