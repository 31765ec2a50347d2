"""Regression: how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.prediction import Prediction
from mlwright.core.task import Link, Outcome, TaskKind
from mlwright.data.labels import as_cells, families, row_of

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers

_MOST_CODES = 20
_LARGEST = 1e100
"""The square of a value, summed over all rows, must be a number."""


@final
class Regression(TaskKind):
    """A quantity. Learners see it centered and divided by its standard deviation."""

    link = Link.IDENTITY
    metrics = ("rmse", "mae", "r2", "mape")

    def claims(self, values: Array) -> float:
        """Claim fractions, and whole numbers that take many values."""
        cells = as_cells(values)
        labels = set(cells)
        if families(cells) != {"number"} or len(labels) <= 2:
            return 0.0
        if not all(float(label).is_integer() for label in labels):
            return 0.95
        return 0.9 if len(labels) > _MOST_CODES else 0.5

    def read(self, values: Array, rows: Integers | None = None) -> Outcome:
        """Keep the numbers, and find their mean and standard deviation."""
        cells = as_cells(values)
        odd = next((row for row, cell in enumerate(cells) if families([cell]) != {"number"}), None)
        if odd is not None:
            raise DataError(
                f"A quantity is asked for, but the target in row {row_of(odd, rows)} is {cells[odd]!r}, no "
                "number. Correct the cell, or use --kind multiclass if the target is a label."
            )
        numbers = np.array(cells, dtype=np.float64)
        is_finite = np.isfinite(numbers)
        if not is_finite.all():
            place = int(np.argmin(is_finite))
            raise DataError.cell("target", row_of(place, rows), cells[place], "a finite number")
        largest = float(np.abs(numbers).max(initial=0.0))
        if largest > _LARGEST:
            raise DataError(f"The target holds {largest:.3g}, too large to compute with. Divide it first.")
        scale = float(numbers.std()) if len(numbers) else 0.0
        if len(set(cells)) < 2 or not scale > 0:
            shown = f": every row is {cells[0]!r}" if cells else ": it has no rows"
            raise DataError(f"The target does not vary{shown}. Choose another target.")
        return Outcome(values=numbers, offset=float(numbers.mean()), scale=scale)

    def answer(self, scores: Floats) -> Prediction:
        """Answer with the value; `scores` has shape (n_rows, 1)."""
        return Prediction(scores)
