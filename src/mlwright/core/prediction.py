"""Prediction: what a model says about rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers


@final
@dataclass(frozen=True, slots=True)
class Prediction:
    """Answers for some rows.

    `scores` has shape (n_rows, n_classes) with probabilities, or (n_rows, 1) with values.
    `labels` has shape (n_rows,): numbers of the chosen classes; None when the answer is a value.
    """

    scores: Floats
    labels: Integers | None = None

    @property
    def values(self) -> Floats:
        """The one value per row, shape (n_rows,)."""
        return self.scores[:, 0]

    def take(self, rows: Array) -> Prediction:
        """Return the chosen rows."""
        return Prediction(self.scores[rows], None if self.labels is None else self.labels[rows])

    @classmethod
    def of_probabilities(cls, probabilities: Floats) -> Prediction:
        """Choose the most probable class for each row; of equal ones the first."""
        return cls(probabilities, np.argmax(probabilities, axis=1).astype(np.int64))
