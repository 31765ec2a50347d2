"""Popular: the same scores for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.recommender import FittedRecommender, Given, Histories

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats, Singles
    from mlwright.core.graph import Graph

_DAY_S = 86_400.0
_WINDOWS = (1.0, 7.0, 30.0, 90.0)


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


def windows(known: Histories) -> list[float]:
    """Return all time, which is 0 days, and the usual windows that are shorter than the log [days]."""
    if known.times is None or not len(known.times):
        return [0.0]
    span = float(known.times.max() - known.times.min()) / _DAY_S
    return [0.0, *(days for days in _WINDOWS if days < span)]


def popularity(known: Histories, days: float) -> Floats:
    """Add up the strengths of each item, at most 1, in the last days or, with 0, over all time.

    What is not taken in the window comes after what is. Shape (n_items,).
    """
    total = np.bincount(known.items, known.strengths, known.n_items)
    if days and known.times is not None:
        is_late = known.times >= known.times.max() - days * _DAY_S
        late = np.bincount(known.items[is_late], known.strengths[is_late], known.n_items)
        total = late + total / (1.0 + total.max()) * 0.5
    found: Floats = total / max(1.0, total.max())
    return found
