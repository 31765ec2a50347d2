"""Neighbors: scores that add up what each item of a history says for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import FittedRecommender, Given, Histories
from mlwright.ranking.matrix import blocks, largest, largest_dense, matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.arrays import Array, Codes, Singles
    from mlwright.core.graph import Graph

_MOST_ENTRIES = 4_000_000
_FEWEST, _MOST = 20, 200
"""Entries that are kept for an item; 200 lose less than a hundredth of what all of them are worth."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Neighbors(FittedRecommender):
    """A sparse matrix from items to items: `others` (n_items, n_kept) and what each entry weighs."""

    others: Codes
    weights: Singles

    @classmethod
    def of(cls, n_items: int, rows: Callable[[Array], Any], head: int | None = None) -> Neighbors:
        """Keep the largest entries of each row.

        `rows` gives rows for some items, sparse or dense. With a `head` there are rows and columns
        for the so many most frequent items alone; others are no neighbors.
        """
        n_rows = n_items if head is None else min(head, n_items)
        n_kept = min(n_rows, max(_FEWEST, min(_MOST, _MOST_ENTRIES // max(1, n_items))))
        others, weights = np.zeros((n_items, n_kept), np.int32), np.zeros((n_items, n_kept), np.float32)
        for items in blocks(n_rows):
            found = rows(items)
            keep = largest_dense if isinstance(found, np.ndarray) else largest
            others[items], weights[items] = keep(found, n_kept)
        return cls(others, weights)

    def scores(self, asked: Histories) -> Singles:
        """Add up rows of the matrix."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, and not needed to serve

        n_items, n_kept = self.others.shape
        starts = np.arange(0, n_items * n_kept + 1, n_kept)
        entries = csr_matrix((self.weights.ravel(), self.others.ravel(), starts), shape=(n_items, n_items))
        entries.check_format(full_check=True)  # a journal may say anything, and native code trusts it
        found: Singles = (matrix(asked) @ entries).toarray()
        return found

    def lower(self, graph: Graph, given: Given) -> str:
        """Look the rows up and scatter their entries."""
        n_items, n_kept = self.others.shape
        nowhere, nothing = np.full((1, n_kept), n_items), np.zeros((1, n_kept))
        others = graph.constant(np.concatenate([self.others, nowhere]), np.int64)
        weights = graph.constant(np.concatenate([self.weights, nothing]))
        at = graph.add("Flatten", graph.add("Gather", others, given.codes, axis=0), axis=1)
        counted = graph.add("Unsqueeze", given.weights, graph.constant([2], np.int64))
        added = graph.add("Mul", graph.add("Gather", weights, given.codes, axis=0), counted)
        empty = graph.add("Expand", graph.constant(np.zeros((1, n_items + 1))), given.n_rows)
        return graph.add(
            "ScatterElements", empty, at, graph.add("Flatten", added, axis=1), axis=1, reduction="add"
        )
