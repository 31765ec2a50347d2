"""Recommendation: which items next."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.prediction import Prediction
from mlwright.core.task import Link, Outcome, TaskKind
from mlwright.data.cells import text_of

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers


@final
class Recommendation(TaskKind):
    """The items that a user takes next, of all that there are; items are known by their texts."""

    link = Link.RANKING
    family = "histories"
    metrics = (
        "ndcg_at_10",
        "recall_at_10",
        "precision_at_10",
        "map_at_10",
        "mrr_at_10",
        "hit_rate_at_10",
    )

    def claims(self, values: Array) -> float:
        """Claim nothing: a column of items is a question only together with one of users."""
        del values
        return 0.0

    def read(self, values: Array, rows: Integers | None = None) -> Outcome:
        """Give the items numbers in the order of their texts."""
        del rows
        texts = [text_of(value) for value in values.tolist()]
        items = tuple(sorted(set(texts)))
        if len(items) < 2:
            raise DataError(f"There is one item only ({items[0]!r}), so there is nothing to choose from.")
        number = {item: float(at) for at, item in enumerate(items)}
        return Outcome(values=np.array([number[text] for text in texts]), classes=items)

    def answer(self, scores: Floats) -> Prediction:
        """Choose the best item; `scores` has shape (n_rows, n_items)."""
        return Prediction.of_probabilities(scores)
