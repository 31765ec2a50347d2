"""Raw: rows as they came, before anyone says what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from mlwright.core.arrays import Array
from mlwright.core.errors import DataError, MissingColumnError

Cells = Sequence[Any] | Array
"""The cells of one column: a typed array, an object array or any sequence; None is missing."""

_EXACT = 2**53
"""Whole numbers up to here survive in double precision."""


@final
@dataclass(frozen=True, slots=True)
class Raw:
    """Untyped rows.

    `columns` holds the cells by name, each of length `n_rows`, in the order of the file. `source` is
    the file name, or what else to call the rows in a message. `n_before` rows stand before these in it.
    """

    columns: Mapping[str, Cells]
    n_rows: int
    source: str = "the data"
    n_before: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return tuple(self.columns)

    def select(self, *names: str) -> Raw:
        """Return only the named columns, in the order asked for."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise MissingColumnError.among(missing, self.columns, self.source)
        return replace(self, columns={name: self.columns[name] for name in names})

    def take(self, rows: Array) -> Raw:
        """Return the chosen rows (indices, in that order)."""
        chosen = {name: _cells_at(cells, rows) for name, cells in self.columns.items()}
        return Raw(chosen, len(rows), self.source)

    def part(self, start: int, stop: int) -> Raw:
        """Return the rows from `start` to before `stop`, or to the end."""
        columns = {name: cells[start:stop] for name, cells in self.columns.items()}
        n_rows = max(0, min(stop, self.n_rows) - start)
        return Raw(columns, n_rows, self.source, self.n_before + start)


def concat(parts: Sequence[Raw], source: str = "") -> Raw:
    """Put the rows of several tables below each other.

    All must have the columns of the first, in any order.

    Raises
    ------
    DataError
        If a table lacks a column or has one more; the message names the file and the column.
    """
    if not parts:
        raise DataError("There are no tables to put together.")
    first = parts[0]
    for part in parts[1:]:
        check_same_columns(first.names, first.source, part.names, part.source)
    if len(parts) == 1:
        return Raw(first.columns, first.n_rows, source or first.source)
    columns = {name: _join([part.columns[name] for part in parts]) for name in first.columns}
    return Raw(columns, sum(part.n_rows for part in parts), source or first.source)


def as_objects(cells: Cells) -> Array:
    """Return the cells as an object array of plain Python values."""
    if isinstance(cells, np.ndarray):
        # Nanoseconds would turn into bare integers.
        return (cells.astype("datetime64[us]") if cells.dtype.kind == "M" else cells).astype(object)
    return np.fromiter(cells, dtype=object, count=len(cells))


def _cells_at(cells: Cells, rows: Array) -> Cells:
    return cells[rows] if isinstance(cells, np.ndarray) else [cells[row] for row in rows.tolist()]


def check_same_columns(
    names: Sequence[str], source: str, other_names: Sequence[str], other_source: str
) -> None:
    """Refuse a table whose column names differ from those of the first."""
    missing = [name for name in names if name not in other_names]
    if missing:
        raise MissingColumnError.among(missing, other_names, f"{other_source} (but not in {source})")
    extra = [name for name in other_names if name not in names]
    if extra:
        raise DataError(
            f"{other_source} has a column {extra[0]!r} that {source} lacks. "
            "Files read together need the same columns."
        )


def _join(pieces: list[Cells]) -> Cells:
    """Join cells without changing any value: arrays of one kind stay typed."""
    arrays = [piece if isinstance(piece, np.ndarray) else as_objects(piece) for piece in pieces]
    kinds = {array.dtype.kind for array in arrays}
    if len(kinds) == 1 or (kinds == {"i", "f"} and all(_is_exact(array) for array in arrays)):
        return np.concatenate(arrays)
    return np.concatenate([as_objects(array) for array in arrays])


def _is_exact(array: Array) -> bool:
    """Tell whether double precision holds every value of an integer array."""
    if array.dtype.kind == "f" or not len(array):
        return True
    return max(-int(array.min()), int(array.max())) <= _EXACT
