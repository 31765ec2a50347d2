"""What users take of whom the same is known: the only way to those who have not taken anything yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from mlwright.core.graph import ML
from mlwright.core.recommender import FittedRecommender, Given, Histories, Recommender
from mlwright.ranking.matrix import matrix
from mlwright.ranking.popular import popularity, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Singles
    from mlwright.core.graph import Graph
    from mlwright.core.recommender import Settings
    from mlwright.core.recommender import Traits as Known

_MOST_CELLS, _FEWEST_ITEMS = 4_000_000, 200
"""Of weights, words by items, which each answer reads whole."""
_PENALTIES = (30.0, 100.0, 10.0)
_TINY = 1e-9


@final
class Traits(Recommender):
    """Popularity, and what each word that is known of a user adds to it: least squares with a penalty.

    With one word for each user it is popularity among those who have it, drawn to that among all.
    """

    order = 6
    fades = ((1.0, 1.0),)

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose penalties, in users who have a word, and windows of popularity; none without words."""
        if known.traits is None or not known.traits.words:
            return []
        late = [(_PENALTIES[0], days) for days in windows(known)[1:]]
        proposed = [*((penalty, 0.0) for penalty in _PENALTIES), *late]
        return [{"penalty": penalty, "days": days} for penalty, days in proposed]

    def seconds(self, known: Histories) -> float:
        """Take words of users with the items they took, and solve for the weights of the words."""
        n_words = 0 if known.traits is None else len(known.traits.words)
        n_each = 0.0 if known.traits is None else len(known.traits.codes) / max(1, known.n_users)
        return 1e-8 * (1.0 + n_each) * len(known.items) + 1e-10 * n_words**2 * (n_words + known.n_items)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Solve for what words add to the share of users who took an item; the rarest get nothing added."""
        assert known.traits is not None  # noqa: S101 - else nothing is proposed
        n_words = len(known.traits.words)
        n_items = min(known.n_items, max(_FEWEST_ITEMS, _MOST_CELLS // max(1, n_words)))
        words, taken = _words(known.traits), matrix(known)[:, :n_items].tocsr().astype(np.float64)
        shares = np.asarray(taken.mean(axis=0)).ravel()
        together = (words.T @ words).toarray()
        usual = np.outer(np.asarray(words.sum(axis=0)).ravel(), shares)
        together[np.diag_indices_from(together)] += settings["penalty"]
        added = np.linalg.solve(together, (words.T @ taken).toarray() - usual)
        base = popularity(known, settings["days"])
        # What was popular lately is more so, in the same proportion, among those who like it more.
        scale = base[:n_items] / np.maximum(shares, _TINY)
        weights = np.zeros((n_words, n_items), np.float32)
        weights[:] = added * np.where(shares > 0, scale, 0.0)
        return _Added(known.traits.words, base.astype(np.float32), weights)


def _words(traits: Known) -> Any:
    """Return who has which word as a sparse matrix (n_users, n_words)."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, and not needed to serve

    ones = np.ones(len(traits.codes))
    return csr_matrix((ones, traits.codes, traits.starts), shape=(len(traits.starts) - 1, len(traits.words)))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Added(FittedRecommender):
    """Scores for everybody, (n_items,), and what words add for the first items, (n_words, n_kept)."""

    words: tuple[str, ...]
    base: Singles
    weights: Singles

    reads_traits: ClassVar[bool] = True

    def scores(self, asked: Histories) -> Singles:
        found = np.tile(self.base, (asked.n_users, 1))
        if asked.traits is not None:
            found[:, : self.weights.shape[1]] += _words(asked.traits).astype(np.float32) @ self.weights
        return found

    def lower(self, graph: Graph, given: Given) -> str:
        n_words, n_kept = self.weights.shape
        codes = graph.add(
            "LabelEncoder",
            given.traits,
            domain=ML,
            keys_strings=list(self.words),
            values_int64s=list(range(n_words)),
            default_int64=n_words,
        )
        ones = graph.add("Mul", codes, graph.constant([0], np.int64))
        ones = graph.add(
            "Cast", graph.add("Add", ones, graph.constant([1], np.int64)), to=np.dtype(np.float32)
        )
        empty = graph.add("Expand", graph.constant(np.zeros((1, n_words + 1))), given.n_rows)
        there = graph.add("ScatterElements", empty, codes, ones, axis=1, reduction="none")
        unknown = np.zeros((1, n_kept), np.float32)
        added = graph.add("MatMul", there, graph.constant(np.concatenate([self.weights, unknown])))
        rest = graph.add("Expand", graph.constant(np.zeros((1, len(self.base) + 1 - n_kept))), given.n_rows)
        base = graph.constant(np.append(self.base, np.float32(0.0))[None, :])
        return graph.add("Add", graph.add("Concat", added, rest, axis=1), base)
