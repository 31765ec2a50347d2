"""R²: the share of the variance that is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class R2(Metric):
    """One minus the squared error over the variance; undefined for a constant truth."""

    direction = Direction.MAX
    title = "R²"
    says = "The share of the target's variance that is explained; 0 is as good as always saying the mean."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return squared errors and the first two powers of the centered truth, shape (n_rows, 3)."""
        centered = truth - truth.mean()  # else the variance drowns in the square of the mean
        return np.column_stack([(prediction.values - truth) ** 2, centered, centered**2])

    def combine(self, means: Floats) -> Floats:
        """Compare the error with the variance."""
        error, first, second = means[..., 0], means[..., 1], means[..., 2]
        variance = second - first**2
        share = np.full(error.shape, np.nan)
        np.divide(error, variance, out=share, where=variance > 1e-14 * second)
        return 1.0 - share
