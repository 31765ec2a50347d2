"""F1: the balance of precision and recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.cells import classes_met, combine_ratios, ratio_parts

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class F1(Metric):
    """The harmonic mean of precision and recall for the positive class.

    With more than two classes the plain average over those in the truth or the answers.
    """

    direction = Direction.MAX
    title = "F1"
    says = "The harmonic mean of precision and recall: high only if both are."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return twice the hits, and true rows plus answers, per class, shape (n_rows, 2 n_classes)."""
        return ratio_parts(truth, prediction, classes_met(truth, prediction), 1.0, 1.0)

    def combine(self, means: Floats) -> Floats:
        """Divide, and average over the classes."""
        return combine_ratios(means)
