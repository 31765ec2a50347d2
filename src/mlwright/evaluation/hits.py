"""Hits: which of the first places of a ranking hold something relevant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction

PLACES = 10


@final
@dataclass(frozen=True, slots=True)
class Hits:
    """The first ten places: 1 where relevant, (n_rows, 10); and how much is relevant, (n_rows,)."""

    at: Floats
    n_relevant: Floats

    @classmethod
    def of(cls, truth: Floats, prediction: Prediction) -> Hits:
        """Rank all classes of each row, of equal scores the first in front.

        `truth` is the one relevant class of each row, shape (n_rows,), or 1 where a class is relevant,
        shape (n_rows, n_classes).
        """
        n_rows, n_classes = prediction.scores.shape
        if truth.ndim == 1:
            relevant = np.zeros((n_rows, n_classes))
            relevant[np.arange(n_rows), truth.astype(np.int64)] = 1.0
        else:
            relevant = (truth > 0).astype(np.float64)
        order = np.argsort(-prediction.scores, axis=1, kind="stable")[:, :PLACES]
        at = np.zeros((n_rows, PLACES))
        at[:, : order.shape[1]] = np.take_along_axis(relevant, order, axis=1)
        return cls(at, relevant.sum(axis=1))

    @property
    def attainable(self) -> Floats:
        """How many hits the best ranking would have, at least 1, shape (n_rows,)."""
        return np.clip(self.n_relevant, 1.0, PLACES)
