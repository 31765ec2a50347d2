"""What most users took, over all time or in the last days."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.recommender import Histories, Recommender
from mlwright.ranking.popular import Popular

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.recommender import FittedRecommender, Settings

_DAY_S = 86_400.0
_WINDOWS = (1.0, 7.0, 30.0, 90.0)


@final
class Popularity(Recommender):
    """The same items for everybody; what is not taken in the window comes after what is."""

    is_naive = True
    fades = ((1.0, 1.0),)

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose all time, and windows that are shorter than the log; 0 days are all."""
        if known.times is None or not len(known.times):
            return [{"days": 0.0}]
        span = float(known.times.max() - known.times.min()) / _DAY_S
        return [{"days": 0.0}, *({"days": days} for days in _WINDOWS if days < span)]

    def seconds(self, known: Histories) -> float:
        """Count events."""
        return 2e-8 * len(known.items)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Add up strengths."""
        total = np.bincount(known.items, known.strengths, known.n_items)
        if settings["days"] and known.times is not None:
            is_late = known.times >= known.times.max() - settings["days"] * _DAY_S
            late = np.bincount(known.items[is_late], known.strengths[is_late], known.n_items)
            total = late + total / (1.0 + total.max()) * 0.5
        return Popular((total / max(1.0, total.max())).astype(np.float32))
