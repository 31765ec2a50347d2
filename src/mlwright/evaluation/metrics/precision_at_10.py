"""The share of the first ten places that is relevant."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.hits import Hits

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class PrecisionAt10(Metric):
    """The share of the first ten places that is relevant."""

    direction = Direction.MAX
    title = "Precision@10"
    says = "The share of the first ten places that is relevant."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the value of each row; see `Hits.of` for the truth."""
        hits = Hits.of(truth, prediction)
        return np.asarray(hits.at.mean(axis=1)[:, None])

    def combine(self, means: Floats) -> Floats:
        """Return the mean."""
        return means[..., 0]
