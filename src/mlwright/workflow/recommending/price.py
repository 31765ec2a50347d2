"""The price of a split: what other ways to choose the test would have claimed of the same recommender."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.seeds import stream
from mlwright.core.shelves import RECOMMENDERS
from mlwright.ranking.blend import Blend, Member, View
from mlwright.workflow.recommending import cut
from mlwright.workflow.recommending.exams import inner
from mlwright.workflow.recommending.judge import paired
from mlwright.workflow.recommending.judged import ndcg

if TYPE_CHECKING:
    from mlwright.core.budget import Budget
    from mlwright.workflow.recommending.choose import Choice
    from mlwright.workflow.recommending.events import Events
    from mlwright.workflow.recommending.prepare import Log

_QUICK = "item_knn"
_MOST_EVENTS = 300_000
"""Of users at random: estimates are over users, and these are enough."""
_TIMES, _SPARE_S = 5.0, 2.0
"""What this takes, in fits of the quick recommender and in seconds."""


def price(log: Log, choice: Choice, budget: Budget, seed: int) -> dict[str, Any] | None:
    """Judge a quick recommender on the events to learn from, cut as the test was and in other ways.

    Returns
    -------
    "metric", "n_rows" (events), and estimates over users: "proper" (cut as the test was), "random" (a random
    fifth of each user), "last" (the last of each user) and "flattery", by how much "random" is higher. None
    where nobody knows when events took place, where that is the split, or where it would take too long.
    """
    if log.train.times is None or log.how == cut.RANDOM:
        return None
    fits = [one.fit_s for one in choice.tried if one.name == _QUICK]
    if not fits or _TIMES * max(fits) + _SPARE_S + choice.ending_s > budget.left_s:
        return None
    log = replace(log, train=_some(log.train, seed))
    found = {
        name: _claimed(log, how, seed)
        for name, how in (("proper", log.how), ("random", cut.RANDOM), ("last", cut.LAST))
    }
    if any(one is None for one in found.values()):
        return None
    return {
        "metric": "ndcg_at_10",
        "n_rows": log.train.n_events,
        **found,
        "flattery": _difference(found["random"], found["proper"]),
    }


def _some(events: Events, seed: int) -> Events:
    """Return the events of users at random, of many."""
    if events.n_events <= _MOST_EVENTS:
        return events
    order = stream(seed, "price").permutation(len(events.user_names))
    sizes = np.bincount(events.users[events.users >= 0], minlength=len(order))[order]
    chosen = np.zeros(len(order), bool)
    chosen[order[: max(1, int(np.searchsorted(np.cumsum(sizes), _MOST_EVENTS)))]] = True
    return events.take(np.flatnonzero(chosen[events.users] & (events.users >= 0)))


def _claimed(log: Log, how: str, seed: int) -> dict[str, Any] | None:
    events, exam = inner(log, how, seed)
    if not exam.n_users:
        return None
    known, recommender = log.histories(events), RECOMMENDERS.get(_QUICK)
    blend = Blend((Member(recommender.fit(known, recommender.settings(known)[0]), View()),))
    values = ndcg(exam.truth(exam.lists(blend.scores)))
    return paired(values, np.zeros(len(values)), seed).to_json()


def _difference(one: Any, other: Any) -> dict[str, Any]:
    """Return one less the other; they are judged by other users, so that their errors add up in squares."""
    gain = one["value"] - other["value"]
    doubt = math.hypot(*((estimate["high"] - estimate["low"]) / 2 for estimate in (one, other)))
    return {"value": gain, "low": gain - doubt, "high": gain + doubt, "direction": "max"}
