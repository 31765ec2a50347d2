"""What is taken together with the item that was taken last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import Histories, Recommender
from mlwright.ranking.matrix import countable, counting_s, matrix
from mlwright.ranking.neighbors import Neighbors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array
    from mlwright.core.recommender import FittedRecommender, Settings


@final
class LastItem(Recommender):
    """Counts of users who took both, as a share of those who took the first."""

    is_naive = True
    order = 1
    fades = ((0.0, 0.0),)

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose the plain counts, where the order is known."""
        return [] if known.times is None else [{}]

    def seconds(self, known: Histories) -> float:
        """Count pairs."""
        return counting_s(known)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Count pairs."""
        del settings
        taken = matrix(countable(known))
        taken.data[:] = 1.0
        columns = taken.tocsc()
        counts = np.asarray(taken.sum(axis=0)).ravel()

        def rows(items: Array) -> Any:
            together = (columns[:, items].T @ taken).tocoo()
            together.data /= 1.0 + counts[items[together.row]]
            together.data[items[together.row] == together.col] = 0.0
            return together

        return Neighbors.of(known.n_items, rows)
