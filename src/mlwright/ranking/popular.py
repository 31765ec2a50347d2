"""Popular: the same scores for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.recommender import FittedRecommender, Given, Histories

if TYPE_CHECKING:
    from mlwright.core.arrays import Singles
    from mlwright.core.graph import Graph


@final
@dataclass(frozen=True, slots=True, eq=False)
class Popular(FittedRecommender):
    """One score for each item, shape (n_items,)."""

    popularity: Singles

    def scores(self, asked: Histories) -> Singles:
        """Repeat the scores."""
        return np.tile(self.popularity, (asked.n_users, 1))

    def lower(self, graph: Graph, given: Given) -> str:
        """Repeat them for each row."""
        scores = np.append(self.popularity, np.float32(0.0))
        return graph.add("Expand", graph.constant(scores[None, :]), given.n_rows)
