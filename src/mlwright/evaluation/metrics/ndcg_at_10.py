"""nDCG@10: how near the first ten places are to the best possible order."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.hits import PLACES, Hits

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class NdcgAt10(Metric):
    """Normalized discounted cumulative gain.

    Source: Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation, ACM TOIS 20.
    """

    direction = Direction.MAX
    title = "nDCG@10"
    says = "How near the first ten places are to the best possible order; a hit counts more the higher up."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the value of each row; see `Hits.of` for the truth."""
        hits = Hits.of(truth, prediction)
        worth = 1.0 / np.log2(np.arange(2, PLACES + 2))
        best = np.cumsum(worth)[hits.attainable.astype(np.int64) - 1]
        return np.asarray((hits.at @ worth / best)[:, None])

    def combine(self, means: Floats) -> Floats:
        """Return the mean."""
        return means[..., 0]
