"""What most users took, over all time or in the last days."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.recommender import Histories, Recommender
from mlwright.ranking.popular import Popular, popularity, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.recommender import FittedRecommender, Settings


@final
class Popularity(Recommender):
    """The same items for everybody; what is not taken in the window comes after what is."""

    is_naive = True
    is_for_few = True
    fades = ((1.0, 1.0),)

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose all time, and windows that are shorter than the log; 0 days are all."""
        return [{"days": days} for days in windows(known)]

    def seconds(self, known: Histories) -> float:
        """Count events."""
        return 2e-8 * len(known.items)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Add up strengths."""
        return Popular(popularity(known, settings["days"]).astype(np.float32))
