"""MAE: the mean size of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class Mae(Metric):
    """The mean absolute error, in the unit of the target."""

    direction = Direction.MIN
    title = "MAE"
    says = "The mean size of an error in the target's unit."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the size of each error, shape (n_rows, 1)."""
        return np.abs(prediction.values - truth)[:, None]

    def combine(self, means: Floats) -> Floats:
        """Return the mean."""
        return np.maximum(means[..., 0], 0.0)
