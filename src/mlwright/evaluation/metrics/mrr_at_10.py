"""The reciprocal of the place of the first hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Metric
from mlwright.evaluation.hits import PLACES, Hits

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


@final
class MrrAt10(Metric):
    """The reciprocal of the place of the first hit."""

    direction = Direction.MAX
    title = "MRR@10"
    says = "One over the place of the first hit, 0 if there is none among ten."

    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the value of each row; see `Hits.of` for the truth."""
        hits = Hits.of(truth, prediction)
        return np.asarray((hits.at / np.arange(1, PLACES + 1)).max(axis=1)[:, None])

    def combine(self, means: Floats) -> Floats:
        """Return the mean."""
        return means[..., 0]
