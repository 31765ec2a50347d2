"""Brier score: the squared error of the probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class Brier(Metric):
    """The mean squared error of the probabilities.

    With two classes of that of the second class, in [0, 1]; else summed over the classes, in [0, 2].

    Source: Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather
    Review 78.
    """

    direction = Direction.MIN
    title = "Brier score"
    says = "The mean squared distance between the probabilities and what happened; 0 is perfect."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the squared error of each row, shape (n_rows, 1)."""
        scores = prediction.scores.astype(np.float64)
        if scores.shape[1] == 2:
            error: Floats = scores[:, 1:] - truth[:, None]
            return error**2
        chance = np.take_along_axis(scores, truth.astype(np.int64)[:, None], axis=1)
        total: Floats = (scores**2).sum(axis=1, keepdims=True) - 2.0 * chance + 1.0
        return total

    def combine(self, means: Floats) -> Floats:
        """Return the mean squared error."""
        return np.maximum(means[..., 0], 0.0)
