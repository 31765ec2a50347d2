"""ROC AUC: how well the scores rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.ranks import area_parts, combine_areas

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction


@final
class RocAuc(Metric):
    """The probability that a positive row scores above a negative one, ties counting half.

    With more than two classes, each against the rest, averaged. The parts are placements: the share
    of opponents that a row beats, so that their means have DeLong's variance.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated
    receiver operating characteristic curves, Biometrics 44, section 3.
    """

    direction = Direction.MAX
    title = "ROC AUC"
    says = "The chance that a row of the class gets a higher score than a row outside it; 0.5 is guessing."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the first-order projection and the rarest class, shape (n_rows, 2)."""
        return area_parts(truth, prediction, _placements)

    def combine(self, means: Floats) -> Floats:
        """Return the area."""
        return combine_areas(means)


def _placements(is_positive: Array, scores: Floats) -> Floats:
    above, below = scores[is_positive], scores[~is_positive]
    beats = _share_below(above, below)
    beaten = 1.0 - _share_below(below, above)
    area = beats.mean()
    share = len(above) / len(scores)
    projection = np.empty(len(scores))
    projection[is_positive] = area + (beats - area) / share
    projection[~is_positive] = area + (beaten - area) / (1.0 - share)
    return projection


def _share_below(values: Floats, others: Floats) -> Floats:
    """Return for each value the share of `others` below it, ties counting half."""
    ordered = np.sort(others)
    ranks = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return ranks / (2.0 * len(others))
