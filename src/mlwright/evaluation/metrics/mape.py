"""MAPE: the mean size of an error, relative to the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class Mape(Metric):
    """The mean of |error / truth| as a share. Rows with a truth of 0 are left out."""

    direction = Direction.MIN
    title = "MAPE"
    says = "The mean size of an error as a share of the true value; rows with a true value of 0 are left out."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the relative error and whether it exists, shape (n_rows, 2)."""
        exists = truth != 0
        error = np.divide(prediction.values - truth, truth, out=np.zeros(len(truth)), where=exists)
        return np.column_stack([np.abs(error), exists])

    def combine(self, means: Floats) -> Floats:
        """Average over the rows that count."""
        share = np.full(means.shape[:-1], np.nan)
        np.divide(means[..., 0], means[..., 1], out=share, where=means[..., 1] > 0)
        return share
