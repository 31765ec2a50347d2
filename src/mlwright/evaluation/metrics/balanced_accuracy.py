"""Balanced accuracy: the mean share of right answers per class."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.cells import combine_ratios, ratio_parts

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class BalancedAccuracy(Metric):
    """The recall of each class that occurs in the truth, averaged.

    Source: Brodersen et al. (2010), The balanced accuracy and its posterior distribution, section II.
    """

    direction = Direction.MAX
    title = "Balanced accuracy"
    says = "The share of right answers, as if every class were equally frequent."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return hits and true rows per class, shape (n_rows, 2 n_classes)."""
        return ratio_parts(truth, prediction, np.unique(truth).astype(np.int64), 1.0, 0.0)

    def combine(self, means: Floats) -> Floats:
        """Average the recalls."""
        return combine_ratios(means)
