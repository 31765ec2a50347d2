"""Items that the same users took: cosines of columns, damped where few users took both."""

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
class ItemKnn(Recommender):
    """Source: Deshpande and Karypis (2004), Item-based top-N recommendation algorithms, ACM TOIS 22."""

    order = 4
    is_for_few = True

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose how far small counts, popular items and long histories are pushed down."""
        del known
        return [
            {"shrinkage": shrinkage, "power": power, "users": users}
            for power, shrinkage, users in (
                (0.5, 0.0, 0.0),
                (0.35, 0.0, 0.0),
                (0.5, 10.0, 0.0),
                (0.5, 0.0, 0.5),
                (0.35, 0.0, 0.5),
                (0.35, 10.0, 0.0),
            )
        ]

    def seconds(self, known: Histories) -> float:
        """Count pairs."""
        return counting_s(known)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Multiply the matrix with itself, some items at a time."""
        taken = matrix(countable(known))
        norms = np.asarray(taken.multiply(taken).sum(axis=0)).ravel()
        lengths = np.maximum(np.diff(taken.indptr), 1).astype(np.float32)
        taken.data *= np.repeat(lengths ** -np.float32(settings["users"]), np.diff(taken.indptr))
        columns = taken.tocsc()
        scale = np.maximum(norms, 1e-12) ** -settings["power"]
        given = matrix(countable(known))

        def rows(items: Array) -> Any:
            both = (columns[:, items].T @ given).tocoo()
            damped = both.data / np.maximum(both.data + settings["shrinkage"], 1e-12)
            both.data = both.data * scale[items[both.row]] * scale[both.col] * damped
            both.data[items[both.row] == both.col] = 0.0
            return both

        return Neighbors.of(known.n_items, rows)
