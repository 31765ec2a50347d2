"""How often one of the first ten places is relevant."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.hits import Hits

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class HitRateAt10(Metric):
    """How often one of the first ten places is relevant."""

    direction = Direction.MAX
    title = "Hit rate@10"
    says = "How often at least one of the first ten is relevant."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the value of each row; see `Hits.of` for the truth."""
        hits = Hits.of(truth, prediction)
        return np.asarray(hits.at.max(axis=1)[:, None])

    def combine(self, means: Floats) -> Floats:
        """Return the mean."""
        return means[..., 0]
