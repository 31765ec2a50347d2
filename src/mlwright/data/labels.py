"""Labels: which classes a target has, and which class a cell means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import DataError

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.task import Label


def as_cells(values: Array) -> list[Label]:
    """Return the cells as Python values: numpy scalars unwrapped."""
    return [v.item() if isinstance(v, np.generic) else v for v in np.asarray(values, dtype=object).tolist()]


def families(cells: list[Label]) -> set[str]:
    """Return which of "boolean", "number", "string" occur."""
    names = {bool: "boolean", int: "number", float: "number", str: "string"}
    return {names.get(kind, kind.__name__) for kind in set(map(type, cells))}


def sorted_classes(cells: list[Label]) -> tuple[Label, ...]:
    """Return the distinct labels in order: numbers by size, strings by alphabet, False before True.

    Whole numbers are integers, also where they were written as 1.0.

    Raises
    ------
    DataError
        If strings, numbers and booleans are mixed, or a number is infinite or not a number.
    """
    found = families(cells)
    if len(found) > 1 or not found <= {"boolean", "number", "string"}:
        first = {next(iter(families([cell]))): row for row, cell in reversed(list(enumerate(cells, 1)))}
        shown = " and ".join(
            f"a {name} ({cells[first[name] - 1]!r}, row {first[name]})" for name in sorted(first)
        )
        raise DataError(f"The target mixes {shown}. Write all its labels the same way.")
    labels = set(cells)
    if found == {"number"}:
        odd = [label for label in labels if not np.isfinite(label)]
        if odd:
            raise DataError.cell("target", cells.index(odd[0]) + 1, odd[0], "a finite number")
        if all(float(label).is_integer() for label in labels):
            labels = {int(label) for label in labels}
    return tuple(sorted(labels))


def class_numbers(values: Array, classes: tuple[Label, ...]) -> Floats:
    """Find the class of each cell, forgiving how it is written.

    The integer 1, the text "1", the number 1.0 and the boolean True mean the same unless the classes
    tell them apart, since the same table reads differently from CSV, Parquet and JSON.

    Parameters
    ----------
    values
        Cells, none missing, shape (n_rows,).
    classes
        The known labels in order.

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
    for row, cell in enumerate(cells, 1):
        if (type(cell), cell) not in numbers:
            found = next((known[s] for s in _spellings(cell) if s in known), None)
            if found is None:
                shown = ", ".join(repr(label) for label in classes[:10]) + (
                    ", …" if len(classes) > 10 else ""
                )
                raise DataError(f"The target in row {row} is {cell!r}, which is no known class: {shown}.")
            numbers[type(cell), cell] = found
    return np.array([numbers[type(cell), cell] for cell in cells], dtype=np.float64)


def _spellings(label: Label) -> list[tuple[str, str]]:
    """List what a label may also be written as, from the closest to the farthest."""
    if isinstance(label, bool):
        return [("boolean", str(label)), ("text", str(label)), ("number", f"{float(label)!r}")]
    if isinstance(label, int | float):
        truth = [("boolean", str(bool(label)))] if label in (0, 1) else []
        return [("number", f"{float(label)!r}"), ("text", str(label)), *truth]
    text = str(label).strip()
    spellings = [("text", str(label)), ("text", text)]
    try:
        spellings.append(("number", f"{float(text)!r}"))
    except ValueError:
        if text.lower() in {"true", "false"}:
            spellings.append(("boolean", text.lower().capitalize()))
    return spellings
