"""Judging rankings: the best of all items for each user, never of a sample, against what was relevant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.prediction import Prediction
from mlwright.evaluation.hits import PLACES
from mlwright.ranking.matrix import best, matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.recommender import Histories

    Scores = Callable[[Histories], Singles]
    """Gives scores for histories, shape (n_users, n_items)."""

HIDDEN_SCORE = np.float32(-1e30)
_MOST_CELLS = 8_000_000
"""Of scores in memory at the same time."""
_FEW_LISTS, _TINY = 200, 1e-12


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exam:
    """Users with what they took before, and what was relevant to them after.

    Relevant items of user u stand in `relevant[starts[u]:starts[u + 1]]`; -1 is an item that nobody
    knew before, which no ranking can hold. What was taken before is not ranked, if it `hides`; where the
    rankings are not told of all that, it is `taken`.
    """

    asked: Histories
    starts: Integers
    relevant: Integers
    hides: bool = True
    taken: Histories | None = None

    @property
    def n_users(self) -> int:
        """How many users judge."""
        return self.asked.n_users

    def take(self, users: Array) -> Exam:
        """Return some of the users."""
        lengths = np.diff(self.starts)[users]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.repeat(self.starts[users] - starts[:-1], lengths) + np.arange(starts[-1])
        taken = None if self.taken is None else self.taken.take(users)
        asked = self.asked.take(users)
        return replace(self, asked=asked, starts=starts, relevant=self.relevant[at], taken=taken)

    def lots(self) -> Iterator[Exam]:
        """Go through the users, some at a time."""
        size = max(1, _MOST_CELLS // max(1, self.asked.n_items))
        for start in range(0, self.n_users, size):
            yield self.take(np.arange(start, min(self.n_users, start + size)))

    def rank(self, scores: Singles) -> Integers:
        """Return the best items of each user, shape (n_users, 10); -1 where there are no more."""
        self.hide(scores)
        top = best(scores, PLACES)
        found = np.full((self.n_users, PLACES), -1, np.int64)
        is_there = np.take_along_axis(scores, top, axis=1) > HIDDEN_SCORE / 2
        found[:, : top.shape[1]] = np.where(is_there, top, -1)
        return found

    def hide(self, scores: Singles) -> None:
        """Let scores of what was taken before lose, in place, if it is hidden."""
        if self.hides:
            taken = self.asked if self.taken is None else self.taken
            scores[taken.users, taken.items] = HIDDEN_SCORE

    def lists(self, scores: Scores) -> Integers:
        """Rank all items for all users, shape (n_users, 10)."""
        return np.concatenate([lot.rank(scores(lot.asked)) for lot in self.lots()])

    def truth(self, lists: Integers) -> Floats:
        """Return for each place of the lists whether it is relevant, then a one for each that is not in them.

        With `as_prediction` this is all that a measure of rankings depends on. Shape (n_users, n_columns).
        """
        of = np.repeat(np.arange(self.n_users), np.diff(self.starts))
        n_items = self.asked.n_items
        keys = np.unique(of * (n_items + 1) + self.relevant) if len(of) else np.zeros(0, np.int64)
        listed = np.arange(self.n_users)[:, None] * (n_items + 1) + lists
        is_hit = np.isin(listed, keys) & (lists >= 0)
        n_missed = np.diff(self.starts) - is_hit.sum(axis=1)
        missed = np.arange(max(1, int(n_missed.max(initial=0))))[None, :] < n_missed[:, None]
        return np.concatenate([is_hit, missed], axis=1).astype(np.float64)


def as_prediction(truth: Floats) -> Prediction:
    """Return scores that put the columns of a truth in their order."""
    scores = np.broadcast_to(-np.arange(truth.shape[1], dtype=np.float64), truth.shape)
    return Prediction(scores)


def ndcg(truth: Floats) -> Floats:
    """Return the nDCG@10 of each user, quickly, shape (n_users,)."""
    worth = 1.0 / np.log2(np.arange(2, PLACES + 2))
    attainable = np.clip(truth.sum(axis=1), 1, PLACES).astype(np.int64)
    found: Floats = truth[:, :PLACES] @ worth / np.cumsum(worth)[attainable - 1]
    return found


def beyond_accuracy(lists: Integers, popularity: Floats, known: Histories) -> dict[str, float]:
    """Measure what hits do not tell.

    Parameters
    ----------
    lists
        Items of each user, -1 is none, shape (n_users, 10).
    popularity
        The share of users who took each item, shape (n_items,).
    known
        Who took what: two items are alike if the same users took them.

    Returns
    -------
    "coverage" (the share of the items that anybody gets), "novelty" (mean surprise of an item, bits),
    "diversity" (1 - mean cosine of two items of a list), "popularity_lift" (how much more popular offered
    items are than what users take: 1 is as popular).
    """
    there = lists[lists >= 0]
    if not len(there):
        return dict.fromkeys(("coverage", "novelty", "diversity", "popularity_lift"), 0.0)
    surprise = -np.log2(np.maximum(popularity, popularity[popularity > 0].min()))
    usual = float((popularity**2).sum() / popularity.sum())
    few = lists[np.linspace(0, len(lists) - 1, min(len(lists), _FEW_LISTS)).astype(np.int64)]
    return {
        "coverage": len(np.unique(there)) / len(popularity),
        "novelty": float(surprise[there].mean()),
        "diversity": _diversity(few, known),
        "popularity_lift": float(popularity[there].mean()) / usual,
    }


def _diversity(lists: Integers, known: Histories) -> float:
    """Return how little two items of a list are alike, on average over the lists."""
    items, at = np.unique(lists, return_inverse=True)
    at = at.reshape(lists.shape)
    is_listed = np.zeros(known.n_items + 1, bool)
    is_listed[items] = True
    is_listed[-1] = False  # that is no item
    few = matrix(known.keep(is_listed[known.items])).astype(np.float64).tocsc()[:, items]
    products = (few.T @ few).toarray()
    lengths = np.sqrt(products.diagonal())
    cosines = products / np.maximum(np.outer(lengths, lengths), _TINY)
    found = []
    for row in at:
        places = row[items[row] >= 0]
        n = len(places)
        total = cosines[np.ix_(places, places)].sum() - cosines[places, places].sum()
        found.append(1.0 - total / (n * (n - 1)) if n > 1 else 0.0)
    return float(np.mean(found))
