"""What a user took before, once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.recommender import FittedRecommender, Given, Histories, Recommender
from mlwright.ranking.matrix import matrix
from mlwright.ranking.popular import popularity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Singles
    from mlwright.core.graph import Graph
    from mlwright.core.recommender import Settings

_FAR_BELOW = 1e-3
"""What is popular stands behind what a user took, and decides where that is equal."""


@final
class Repeats(Recommender):
    """The user's own items by strength and by how long ago, then what is popular.

    Source: Hu et al. (2020), Modeling personalized item frequency information for next-basket
    recommendation, SIGIR: the frequency of a user's own items is what others have to beat.
    """

    is_naive = True
    is_for_repeats = True
    order = 2

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose just this."""
        del known
        return [{}]

    def seconds(self, known: Histories) -> float:
        """Count events."""
        return 2e-8 * len(known.items)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Add up what is popular."""
        del settings
        return _Own((_FAR_BELOW * popularity(known, 0.0)).astype(np.float32))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Own(FittedRecommender):
    """What items have for everybody, shape (n_items,)."""

    usual: Singles

    def scores(self, asked: Histories) -> Singles:
        found: Singles = matrix(asked).toarray() + self.usual
        return found

    def lower(self, graph: Graph, given: Given) -> str:
        usual = np.append(self.usual, np.float32(0.0))
        return graph.add("Add", given.dense, graph.constant(usual[None, :]))
