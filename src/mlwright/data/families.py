"""Of what family the cells of a column are, by their Python and numpy types."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from mlwright.data.cells import plain

if TYPE_CHECKING:
    from mlwright.data.raw import Cells


class Family(StrEnum):
    """What cells are before anybody reads them."""

    NOTHING = "nothing"
    TRUTH = "truth"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


_OF_DTYPE = {
    "b": Family.TRUTH,
    "i": Family.NUMBER,
    "u": Family.NUMBER,
    "f": Family.NUMBER,
    "m": Family.NUMBER,
    "M": Family.DATE,
}


def families_of(cells: Cells) -> Family:
    """Return the one family of all cells that are not missing; TEXT if they are mixed.

    Truths among numbers count as numbers.
    """
    if isinstance(cells, np.ndarray):
        if cells.dtype.kind in _OF_DTYPE:
            return _OF_DTYPE[cells.dtype.kind]
        cells = cells.tolist()
    types = set(map(type, cells))
    if types <= {str, type(None)}:
        return Family.TEXT if str in types else Family.NOTHING
    families = {_family(kind) for kind in types}
    if len(families - {Family.NOTHING}) > 1 or float in types or not families - {Family.NOTHING}:
        # What is missing may come as NaN among texts.
        families = {_family(type(value)) for value in map(plain, cells)}
    families.discard(Family.NOTHING)
    if not families:
        return Family.NOTHING
    if families == {Family.TRUTH, Family.NUMBER}:
        return Family.NUMBER
    return families.pop() if len(families) == 1 else Family.TEXT


def _family(kind: type) -> Family:
    """Return the family of a type."""
    if kind is type(None) or kind.__name__ in ("NAType", "NaTType"):
        return Family.NOTHING
    if issubclass(kind, bool | np.bool_):
        return Family.TRUTH
    if issubclass(kind, date | np.datetime64):
        return Family.DATE
    if issubclass(kind, Real | Decimal | timedelta | np.number) and not issubclass(kind, np.complexfloating):
        return Family.NUMBER
    return Family.TEXT
