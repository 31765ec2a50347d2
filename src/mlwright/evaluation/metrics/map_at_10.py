"""Mean average precision of the first ten places."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.hits import PLACES, Hits

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class MapAt10(Metric):
    """Mean average precision of the first ten places."""

    direction = Direction.MAX
    title = "MAP@10"
    says = "The precision at each hit among the first ten, averaged over as many hits as there could be."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the value of each row; see `Hits.of` for the truth."""
        hits = Hits.of(truth, prediction)
        precision = np.cumsum(hits.at, axis=1) / np.arange(1, PLACES + 1)
        return np.asarray(((precision * hits.at).sum(axis=1) / hits.attainable)[:, None])

    def combine(self, means: Floats) -> Floats:
        """Return the mean."""
        return means[..., 0]
