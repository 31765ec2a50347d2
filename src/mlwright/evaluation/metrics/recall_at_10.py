"""The share of what is relevant that the first ten places hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.hits import Hits

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class RecallAt10(Metric):
    """The share of what is relevant that the first ten places hold."""

    direction = Direction.MAX
    title = "Recall@10"
    says = "The share of what is relevant that stands among the first ten."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the value of each row; see `Hits.of` for the truth."""
        hits = Hits.of(truth, prediction)
        return np.asarray((hits.at.sum(axis=1) / np.maximum(hits.n_relevant, 1.0))[:, None])

    def combine(self, means: Floats) -> Floats:
        """Return the mean."""
        return means[..., 0]
