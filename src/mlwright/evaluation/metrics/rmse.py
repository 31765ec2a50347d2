"""RMSE: the typical size of an error, large ones weighing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class Rmse(Metric):
    """The root of the mean squared error, in the unit of the target."""

    direction = Direction.MIN
    title = "RMSE"
    says = "The typical size of an error in the target's unit; large errors weigh more."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the squared error of each row, shape (n_rows, 1)."""
        return ((prediction.values - truth) ** 2)[:, None]

    def combine(self, means: Floats) -> Floats:
        """Return the root of the mean."""
        return np.sqrt(np.maximum(means[..., 0], 0.0))
