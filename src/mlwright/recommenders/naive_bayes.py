"""What is popular, moved by what each item of a history makes likelier or less likely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import Histories, Recommender
from mlwright.ranking.likely import Likely
from mlwright.ranking.matrix import countable, counting_s, matrix
from mlwright.ranking.neighbors import Neighbors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array
    from mlwright.core.recommender import FittedRecommender, Settings


@final
class NaiveBayes(Recommender):
    """Logarithms of how much more often two items are taken by the same users than chance would have it.

    A classifier that takes what was taken before as independent pieces of evidence, shrunk towards none as
    in Good (1965), The estimation of probabilities; pieces are not independent, so many count for less.
    For users of whom little is known: with nothing it is popularity, and each item moves it a little.
    """

    order = 5
    is_for_few = True

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose how many counts by chance are added and how far evidence is trusted, the bold ones last."""
        del known
        return [
            {"shrinkage": shrinkage, "trust": trust}
            for shrinkage, trust in ((10.0, 1.0), (3.0, 1.0), (1.0, 1.5))
        ]

    def seconds(self, known: Histories) -> float:
        """Count pairs."""
        return counting_s(known)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Count pairs, some items at a time."""
        taken = matrix(countable(known))
        taken.data = np.ones_like(taken.data)
        columns = taken.tocsc()
        counts = np.asarray(taken.sum(axis=0)).ravel()
        usual = counts / max(1, taken.shape[0])
        shrinkage, trust = settings["shrinkage"], np.float32(settings["trust"])
        worth = np.sqrt(np.maximum(counts, 1.0)).astype(np.float32)
        # What moves an item that is often taken matters more, and not all entries are kept.

        def rows(items: Array) -> Any:
            both = (columns[:, items].T @ taken).tocoo()
            chance = counts[items[both.row]] * usual[both.col]
            both.data = worth[both.col] * np.log((both.data + shrinkage) / (chance + shrinkage))
            both.data[items[both.row] == both.col] = 0.0
            return both

        often = np.bincount(known.items, known.strengths, known.n_items)
        found = Neighbors.of(known.n_items, rows)
        weights = trust * found.weights / worth[found.others]
        return Likely(np.log1p(often).astype(np.float32), Neighbors(found.others, weights))
