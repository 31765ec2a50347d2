"""What users take soon after an item, and somewhat less what they took shortly before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import Histories, Recommender
from mlwright.ranking.matrix import counting_s
from mlwright.ranking.neighbors import Neighbors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array
    from mlwright.core.recommender import FittedRecommender, Settings

_REACH = 20
_NORM = 0.3
_BACKWARD = 0.5
_MOST_EVENTS = 3_000_000


@final
class Transitions(Recommender):
    """Counts of pairs in the order of time, fading with the distance between them."""

    order = 5

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose how fast pairs fade, where the order is known."""
        return [] if known.times is None else [{"decay": 0.8}, {"decay": 0.95}]

    def seconds(self, known: Histories) -> float:
        """Count pairs, and those at each distance."""
        return counting_s(known) + 1e-7 * _REACH * min(_MOST_EVENTS, len(known.items))

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Count pairs at each distance."""
        known = known.some(_MOST_EVENTS, np.random.default_rng(0))
        pairs = _pairs(known, settings["decay"])
        scale = np.maximum(known.counts, 1.0) ** -_NORM

        def rows(items: Array) -> Any:
            found = pairs[items].tocoo()
            found.data = found.data * scale[items[found.row]] * scale[found.col]
            found.data[items[found.row] == found.col] = 0.0
            return found

        return Neighbors.of(known.n_items, rows)


def _pairs(known: Histories, decay: float) -> Any:
    """Return how often, faded, the item of a column came after that of a row: a sparse matrix."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, and not needed to serve

    shape = (known.n_items, known.n_items)
    total, users = csr_matrix(shape, dtype=np.float32), known.users
    for distance in range(1, _REACH + 1):
        is_pair = users[distance:] == users[:-distance]
        later, earlier = known.items[:-distance][is_pair], known.items[distance:][is_pair]
        weights = np.full(len(later), decay ** (distance - 1), np.float32)
        after = csr_matrix((weights, (earlier, later)), shape=shape)
        total = total + after + _BACKWARD * after.T.tocsr()
    return total.tocsr()
