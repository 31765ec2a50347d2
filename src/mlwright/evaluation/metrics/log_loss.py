"""Log loss: how honest the probabilities are."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction

_LEAST = 1e-7
"""Programs answer in single precision, in which 1 - 1e-7 is about the last number below 1. A smaller
bound would punish rounding."""


@final
class LogLoss(Metric):
    """The mean of -log P(true class), with probabilities clipped to [1e-7, 1 - 1e-7].

    Source: Good (1952), Rational decisions, Journal of the Royal Statistical Society B 14, section 8.
    """

    direction = Direction.MIN
    title = "Log loss"
    says = "How surprised the probabilities are by the truth: 0 is certain and right."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the surprise of each row, shape (n_rows, 1)."""
        chance = np.take_along_axis(prediction.scores, truth.astype(np.int64)[:, None], axis=1)
        return -np.log(np.clip(chance.astype(np.float64), _LEAST, 1.0 - _LEAST))

    def combine(self, means: Floats) -> Floats:
        """Return the mean surprise."""
        return np.maximum(means[..., 0], 0.0)
