"""What every recommender keeps: it answers any history, and its program answers as it does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.recommender import Histories, Traits
from mlwright.core.task import Link, Task
from mlwright.ranking.blend import Blend, Member, View, leveled
from mlwright.ranking.contents import contents_of
from mlwright.testing.claim import claim, claim_close, claim_equal
from mlwright.testing.lowered import lowered_ranking
from mlwright.testing.tastes import taste_log

if TYPE_CHECKING:
    from mlwright.core.arrays import Singles
    from mlwright.core.recommender import FittedRecommender, Recommender, Settings

_VIEW = View(is_graded=True, floor=0.3, decay=0.9)


def check_recommender(recommender: Recommender) -> None:
    """Raise AssertionError if a recommender does not keep its contract.

    Examples
    --------
    >>> from mlwright.core.shelves import RECOMMENDERS
    >>> check_recommender(RECOMMENDERS.get("item_knn"))
    """
    known = known_histories()
    proposed = recommender.settings(known)
    claim(bool(proposed), "Nothing is proposed for a small log with times.")
    claim(
        all(0 <= floor <= 1 and 0 <= decay <= 1 for floor, decay in recommender.fades),
        "Histories grow with age.",
    )
    claim(0 < recommender.seconds(known) < np.inf, "A fit is said to take no time, or all of it.")
    for settings in proposed:
        fitted = recommender.fit(known, settings)
        scores = fitted.scores(known)
        shape = (known.n_users, known.n_items)
        claim(
            scores.shape == shape, f"With {dict(settings)} scores have the shape {scores.shape}, not {shape}."
        )
        claim(bool(np.isfinite(scores).all()), f"With {dict(settings)} a score is not finite.")
    fitted = recommender.fit(known, proposed[0])
    for asked in (known, odd_histories(known)):
        _the_program_ranks_alike(fitted, asked)
    _users_do_not_matter_to_each_other(fitted, known)
    _any_history_is_answered(fitted, known)
    _a_fit_can_be_repeated(recommender, proposed[0], known, fitted.scores(known))


def program_of(fitted: FittedRecommender, n_items: int) -> tuple[Blend, Task]:
    """Return what compiles a recommender alone, with items named for their numbers."""
    items = tuple(f"item {number}" for number in range(n_items))
    task = Task(
        kind="", link=Link.RANKING, target="item", metric="ndcg_at_10", metrics=("ndcg_at_10",), classes=items
    )
    return Blend((Member(fitted, _VIEW),)), task


def known_histories() -> Histories:
    """Return the histories that recommenders are checked with; items have their numbers."""
    log = taste_log()
    users = np.array([int(name.split()[1]) for name in log["user"]])
    items = np.array([int(name.split()[1]) for name in log["item"]])
    times = np.array(log["time"], dtype=np.float64)
    order = np.lexsort((-times, users))
    starts = np.concatenate([[0], np.cumsum(np.bincount(users))])
    strengths = np.array(log["rating"], dtype=np.float32)[order] / np.float32(5.0)
    described = contents_of({"kind": [f"kind {item % 4}" for item in range(40)]})
    return Histories(
        starts=starts,
        items=items[order],
        strengths=strengths,
        n_items=40,
        times=times[order],
        contents=described,
        traits=Traits.of(("a", "b", "c", "d", "e"), [[4, user % 4] for user in range(len(starts) - 1)]),
    )


def odd_histories(known: Histories) -> Histories:
    """Return histories that nobody has: none, one item, all items, all alike, hardly anything, the rarest."""
    n_items = known.n_items
    taken = [[], [0], list(range(n_items)), [n_items - 1, 0], [n_items - 1], [], known.items[:5].tolist()]
    weights = [np.ones(len(items), np.float32) for items in taken]
    weights[3] = np.array([1e-6, 1.0], np.float32)
    told = known.traits
    return replace(
        known,
        starts=np.cumsum([0, *map(len, taken)]),
        items=np.array([item for items in taken for item in items], np.int64),
        strengths=np.concatenate(weights),
        times=None,
        traits=None if told is None else told.take(np.arange(len(taken))),
    )


def _the_program_ranks_alike(fitted: FittedRecommender, asked: Histories) -> None:
    """Compare scores, of rows of length 1, and look at rows alone, in other lots and in another order."""
    found = lowered_ranking(fitted, asked)
    claim(bool(np.isfinite(found).all()), "A score of the program is not finite.")
    expected = leveled(fitted.scores(asked))
    claim_close(leveled(found), expected, "The program has other scores", 1e-4)
    rng = np.random.default_rng(2)
    order = rng.permutation(asked.n_users)
    for users in (order, order[: asked.n_users // 3 + 1], *(np.array([user]) for user in order[:7])):
        again = lowered_ranking(fitted, asked.take(users))
        claim_equal(again, found[users], "Scores of the program depend on the other users who ask")


def _users_do_not_matter_to_each_other(fitted: FittedRecommender, known: Histories) -> None:
    order = np.random.default_rng(1).permutation(known.n_users)
    whole, mixed = fitted.scores(known), fitted.scores(known.take(order))
    claim_close(mixed, whole[order], "Scores depend on the order of the users", 1e-6)
    alone = np.concatenate([fitted.scores(known.take(np.array([user]))) for user in range(5)])
    claim_close(alone, whole[:5], "Scores depend on the other users who ask", 1e-6)


def _any_history_is_answered(fitted: FittedRecommender, known: Histories) -> None:
    empty = known.take(np.zeros(1, np.int64)).keep(np.zeros(int(known.lengths[0]), bool))
    claim(
        bool(np.isfinite(fitted.scores(empty)).all()),
        "A user who took nothing gets scores that are not finite.",
    )


def _a_fit_can_be_repeated(
    recommender: Recommender, settings: Settings, known: Histories, scores: Singles
) -> None:
    again = recommender.fit(known, settings).scores(known)
    claim(np.array_equal(again, scores), "The same fit gives other scores the second time.")
