"""Items that are described alike: the only way to those that nobody has taken yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import Histories, Recommender
from mlwright.ranking.neighbors import Neighbors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array
    from mlwright.core.recommender import FittedRecommender, Settings

_MOST_PAIRS = 400_000_000
"""Of items that share a feature, added up over features: what comparing may cost."""


@final
class Content(Recommender):
    """Cosines of what is known of items.

    Source: Pazzani and Billsus (2007), Content-based recommendation systems, The Adaptive Web, section 10.3.
    """

    order = 5

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose how much frequent items are preferred among those that are alike."""
        return [] if known.contents is None else [{"popularity": power} for power in (0.0, 0.5, 0.25)]

    def seconds(self, known: Histories) -> float:
        """Take the most pairs there may be."""
        return 1.2e-5 * known.n_items + 1e-8 * _MOST_PAIRS

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Multiply the matrix of contents with itself, some items at a time."""
        rows_of = _affordable(known.contents)
        columns = rows_of.T.tocsr()
        liked = (1.0 + known.counts).astype(np.float32) ** np.float32(settings["popularity"])

        def rows(items: Array) -> Any:
            alike = (rows_of[items] @ columns).tocoo()
            alike.data *= liked[alike.col]
            alike.data[items[alike.row] == alike.col] = 0.0
            return alike

        return Neighbors.of(known.n_items, rows)


def _affordable(contents: Any) -> Any:
    """Leave out what the most items share until the rest can be compared in time."""
    counts = np.bincount(contents.indices, minlength=contents.shape[1]).astype(np.float64)
    order = np.argsort(counts, kind="stable")
    n_kept = int(np.searchsorted(np.cumsum(counts[order] ** 2), _MOST_PAIRS, side="right"))
    return contents[:, np.sort(order[:n_kept])] if n_kept < len(order) else contents
