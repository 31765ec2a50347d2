"""Accuracy: the share of right answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.cells import chosen

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class Accuracy(Metric):
    """The share of rows whose chosen class is the true one."""

    direction = Direction.MAX
    title = "Accuracy"
    says = "The share of rows for which the chosen class is right."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return 1 for a right answer and 0 for a wrong one, shape (n_rows, 1)."""
        is_right: Floats = (chosen(prediction) == truth).astype(np.float64)
        return is_right[:, None]

    def combine(self, means: Floats) -> Floats:
        """Return the share of right answers."""
        return np.clip(means[..., 0], 0.0, 1.0)
