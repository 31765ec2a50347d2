"""Labels: which classes a target has, and which class a cell means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.task import Label


_EXACT, _LARGEST = 2**53, 2**63
"""Whole numbers that double precision tells apart, and those that files hold as integers."""


def as_cells(values: Array) -> list[Label]:
    """Return the cells as Python values: numpy scalars unwrapped."""
    return [v.item() if isinstance(v, np.generic) else v for v in np.asarray(values, dtype=object).tolist()]


def families(cells: list[Label]) -> set[str]:
    """Return which of "boolean", "number", "string" occur."""
    names = {bool: "boolean", int: "number", float: "number", str: "string"}
    return {names.get(kind, kind.__name__) for kind in set(map(type, cells))}


def row_of(place: int, rows: Integers | None) -> int:
    """Return the row of a cell as people count, from 1; `rows` are those looked at, None for all."""
    return (place if rows is None else int(rows[place])) + 1


def sorted_classes(cells: list[Label], rows: Integers | None = None) -> tuple[Label, ...]:
    """Return the distinct labels in order: numbers by size, strings by alphabet, False before True.

    Whole numbers are integers, also where they were written as 1.0. `rows` as in `row_of`.

    Raises
    ------
    DataError
        If strings, numbers and booleans are mixed, or a number is infinite or not a number.
    """
    found = families(cells)
    if len(found) > 1 or not found <= {"boolean", "number", "string"}:
        first = {next(iter(families([cell]))): place for place, cell in reversed(list(enumerate(cells)))}
        shown = " and ".join(
            f"a {name} ({cells[first[name]]!r}, row {row_of(first[name], rows)})" for name in sorted(first)
        )
        raise DataError(f"The target mixes {shown}. Write all its labels the same way.")
    labels: set[Any] = set(cells)
    if found == {"number"}:
        odd = [label for label in labels if not math.isfinite(label)]
        if odd:
            row = row_of(cells.index(odd[0]), rows)
            raise DataError.cell("target", row, odd[0], "a finite number")
        if all(float(label).is_integer() for label in labels):
            labels = _whole(labels)
    return tuple(sorted(labels))


def _whole(labels: set[Any]) -> set[Any]:
    """Return whole numbers as integers, or as doubles where a file cannot hold them as integers."""
    if all(-_LARGEST <= label < _LARGEST for label in labels):
        return {int(label) for label in labels}
    lost = next((label for label in labels if float(label) != label), None)
    if lost is not None:
        raise DataError(
            f"The target holds {lost}: of whole numbers beyond 64 bits only those are kept apart that a "
            "double holds. Write the labels as texts, such as 'no. 1'."
        )
    return {float(label) for label in labels}


def class_numbers(values: Array, classes: tuple[Label, ...], rows: Integers | None = None) -> Floats:
    """Find the class of each cell, forgiving how it is written.

    The integer 1, the text "1", the number 1.0 and the boolean True mean the same unless the classes
    tell them apart, since the same table reads differently from CSV, Parquet and JSON.

    Parameters
    ----------
    values
        Cells, none missing, shape (n_rows,).
    classes
        The known labels in order.
    rows
        Which rows these cells are of, from 0, shape (n_rows,), for a message; None for all.

    Returns
    -------
    Class numbers, shape (n_rows,).

    Raises
    ------
    DataError
        If a cell is none of the classes; it names the row.
    """
    known: dict[tuple[str, str], int] = {}
    for depth in range(4):  # closer spellings first, so that they win
        for number, label in enumerate(classes):
            spellings = _spellings(label)
            if depth < len(spellings):
                known.setdefault(spellings[depth], number)
    cells = as_cells(values)
    numbers: dict[tuple[type, Label], int] = {}
    for place, cell in enumerate(cells):
        if (type(cell), cell) not in numbers:
            found = next((known[s] for s in _spellings(cell) if s in known), None)
            if found is None:
                shown = ", ".join(repr(label) for label in classes[:10]) + (
                    ", …" if len(classes) > 10 else ""
                )
                row = row_of(place, rows)
                raise DataError(f"The target in row {row} is {cell!r}, which is no known class: {shown}.")
            numbers[type(cell), cell] = found
    return np.array([numbers[type(cell), cell] for cell in cells], dtype=np.float64)


def _spellings(label: Label) -> list[tuple[str, str]]:
    """List what a label may also be written as, from the closest to the farthest."""
    if isinstance(label, bool):
        return [("boolean", str(label)), ("text", str(label)), _number(label)]
    if isinstance(label, int | float):
        truth = [("boolean", str(bool(label)))] if label in (0, 1) else []
        return [_number(label), ("text", str(label)), *truth]
    text = str(label).strip()
    spellings = [("text", str(label)), ("text", text)]
    try:
        spellings.append(_number(_read(text)))
    except ValueError:
        if text.lower() in {"true", "false"}:
            spellings.append(("boolean", text.lower().capitalize()))
    return spellings


def _read(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _number(value: float) -> tuple[str, str]:
    """Spell a number as a double, or exactly where doubles would not tell it from its neighbors."""
    is_large = _EXACT < abs(value) < math.inf
    return "number", str(int(value)) if is_large else repr(float(value))
