"""Every item as a weighted sum of all others: least squares with a penalty, solved at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import Histories, Recommender
from mlwright.ranking.matrix import matrix
from mlwright.ranking.neighbors import Neighbors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.recommender import FittedRecommender, Settings

_MOST = 5_000
"""Rows of the system that is solved: items, or users where they are fewer."""
_HEAD = 6_000
"""Beyond these most frequent items nothing is said of an item, or by it."""


@final
class Ease(Recommender):
    """A linear autoencoder without a way from an item to itself.

    Source: Steck (2019), Embarrassingly shallow autoencoders for sparse data, WWW. With fewer users than
    items the inverse comes from the users' side (Woodbury's identity), and items by items is never dense.
    """

    order = 2

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose penalties, in units of what users have who took it; none where it is too large."""
        if min(known.n_items, _HEAD, known.n_users) > _MOST:
            return []
        # Short histories need smaller penalties, but an item that nobody took needs some.
        scale = max(1e-3, min(1.0, len(known.items) / known.n_users / 80.0))
        return [
            {"penalty": float(f"{scale * penalty:.3g}")} for penalty in (200.0, 500.0, 50.0, 1_000.0, 20.0)
        ]

    def seconds(self, known: Histories) -> float:
        """Count what inverting a matrix takes, and multiplying with it."""
        n_items = min(known.n_items, _HEAD)
        n_rows = float(min(n_items, known.n_users))
        return 1.3e-10 * n_rows**3 + 1e-7 * n_rows * n_items

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Invert, and keep the largest entries."""
        taken = matrix(known)[:, :_HEAD].tocsr().astype(np.float64)
        solve = _of_users if taken.shape[0] < taken.shape[1] else _of_items
        return Neighbors.of(known.n_items, solve(taken, settings["penalty"]), _HEAD)


def _of_items(taken: Any, penalty: float) -> Callable[[Array], Floats]:
    gram = (taken.T @ taken).toarray()
    gram[np.diag_indices_from(gram)] += penalty
    inverse = np.linalg.inv(gram)
    scale = -1.0 / np.diag(inverse)

    def rows(items: Array) -> Floats:
        found: Floats = inverse[items] * scale[None, :]
        found[np.arange(len(items)), items] = 0.0
        return found

    return rows


def _of_users(taken: Any, penalty: float) -> Callable[[Array], Floats]:
    gram = (taken @ taken.T).toarray()
    gram[np.diag_indices_from(gram)] += penalty
    inside = np.linalg.inv(gram)
    by_item = taken.T.tocsr()
    half = (by_item @ inside).T  # (n_users, n_items)
    explained = np.asarray(by_item.multiply(half.T).sum(axis=1)).ravel()
    scale = -1.0 / (1.0 - explained)

    def rows(items: Array) -> Floats:
        found: Floats = -(by_item[items] @ half) * scale[None, :]
        found[np.arange(len(items)), items] = 0.0
        return found

    return rows
