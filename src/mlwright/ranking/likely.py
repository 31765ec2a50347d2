"""Likely: how often an item is taken at all, and what the items of a history add to that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.recommender import FittedRecommender, Given, Histories

if TYPE_CHECKING:
    from mlwright.core.arrays import Singles
    from mlwright.core.graph import Graph
    from mlwright.ranking.neighbors import Neighbors


@final
@dataclass(frozen=True, slots=True, eq=False)
class Likely(FittedRecommender):
    """What each item starts with, shape (n_items,), and what a history adds, divided by its length.

    The length of a vector: the root of so many items, as what they say is not independent.
    """

    start: Singles
    evidence: Neighbors

    def scores(self, asked: Histories) -> Singles:
        """Add up evidence."""
        total = np.bincount(asked.users, asked.strengths.astype(np.float64) ** 2, asked.n_users)
        length = np.sqrt(np.maximum(total, 1.0)).astype(np.float32)
        found: Singles = self.start[None, :] + self.evidence.scores(asked) / length[:, None]
        return found

    def lower(self, graph: Graph, given: Given) -> str:
        """Look the evidence up, and add it."""
        length = graph.add("ReduceL2", given.dense, graph.constant([1], np.int64), keepdims=1)
        length = graph.add("Max", length, graph.constant(1.0))
        evidence = graph.add("Div", self.evidence.lower(graph, given), length)
        start = graph.constant(np.append(self.start, np.float32(0.0))[None, :])
        return graph.add("Add", evidence, start)
