"""A user's own items, then what is popular."""

from __future__ import annotations

import numpy as np

from mlwright.core.shelves import RECOMMENDERS
from mlwright.testing.check_recommender import known_histories


def test_own_items_come_first_by_strength_and_then_what_is_popular():
    known = known_histories()
    scores = RECOMMENDERS.get("repeats").fit(known, {}).scores(known)
    order = np.argsort(-scores[0], kind="stable")
    own = known.items[: known.starts[1]]
    assert set(order[: len(own)].tolist()) == set(own.tolist())
    strength = dict(zip(own.tolist(), known.strengths[: known.starts[1]].tolist(), strict=True))
    told = [strength[item] for item in order[: len(own)].tolist()]
    assert told == sorted(told, reverse=True)
    usual = np.bincount(known.items, known.strengths, known.n_items)
    rest = usual[order[len(own) :]]
    assert (np.diff(rest) <= 1e-6).all()


def test_it_is_tried_only_where_repeats_are_offered():
    assert RECOMMENDERS.get("repeats").is_for_repeats
    others = [name for name in RECOMMENDERS.names() if name != "repeats"]
    assert not any(RECOMMENDERS.get(name).is_for_repeats for name in others)
