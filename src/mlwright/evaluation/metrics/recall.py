"""Recall: how many of the true rows are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.cells import classes_met, combine_ratios, ratio_parts

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class Recall(Metric):
    """Right answers among the rows that are positive; undefined if no row is.

    With more than two classes the plain average over those in the truth or the answers.
    """

    direction = Direction.MAX
    title = "Recall"
    says = (
        "Of the rows that belong to a class, the share that is found; of two classes the second, of more the "
        "mean."
    )

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return hits and true rows per class, shape (n_rows, 2 n_classes)."""
        return ratio_parts(truth, prediction, classes_met(truth, prediction), 1.0, 0.0)

    def combine(self, means: Floats) -> Floats:
        """Divide, and average over the classes."""
        return combine_ratios(means)
