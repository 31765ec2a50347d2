"""Average precision: the area under the precision-recall curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.ranks import area_parts, combine_areas

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction


@final
class AveragePrecision(Metric):
    """Precision at each threshold, weighted by the recall gained there.

    With more than two classes, each against the rest, averaged. Equal scores share one threshold.
    The parts are the derivative of this step function with respect to the weight of each row.

    Source: Boyd, Eng and Page (2013), Area under the precision-recall curve: point estimates and
    confidence intervals, section 3.1 (the estimator).
    """

    direction = Direction.MAX
    title = "Average precision"
    says = "The precision when rows are taken from the highest score down, averaged over the rows sought."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the first-order projection and the rarest class, shape (n_rows, 2)."""
        return area_parts(truth, prediction, _slopes)

    def combine(self, means: Floats) -> Floats:
        """Return the area."""
        return combine_areas(means)


def _slopes(is_positive: Array, scores: Floats) -> Floats:
    _, level = np.unique(-scores, return_inverse=True)
    gained = np.bincount(level, is_positive)
    seen = np.bincount(level).cumsum()
    precision = gained.cumsum() / seen
    total = gained.sum()
    area = float(gained @ precision / total)
    # One more row at a level dilutes the precision there and below; a positive one also raises it.
    dilution = (gained * precision / seen)[::-1].cumsum()[::-1]
    lift = precision + (gained / seen)[::-1].cumsum()[::-1] - area
    slope = (np.where(is_positive, lift[level], 0.0) - dilution[level]) / total
    projection: Floats = area + len(scores) * slope
    return projection
