"""What words of users add to popularity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.recommender import Traits as Known
from mlwright.core.shelves import RECOMMENDERS
from mlwright.testing.check_recommender import known_histories

TRAITS = RECOMMENDERS.get("traits")


def known_by(words, said):
    return replace(known_histories(), traits=Known.of(words, said))


def shares(known, users):
    taken = np.zeros((known.n_users, known.n_items))
    taken[known.users, known.items] = known.strengths
    return taken[users].mean(axis=0)


def test_one_word_is_popularity_among_those_who_have_it_drawn_to_that_among_all():
    known = known_by(("even", "odd"), [[user % 2] for user in range(60)])
    scores = TRAITS.fit(known, {"penalty": 10.0, "days": 0.0}).scores(known)
    usual, even = shares(known, slice(None)), shares(known, slice(0, None, 2))
    expected = usual + (even - usual) * 30 / (30 + 10.0)
    np.testing.assert_allclose(scores[0] / scores[0].sum(), expected / expected.sum(), atol=1e-6)


def test_of_whom_nothing_is_known_gets_what_is_popular():
    known = known_by(("even",), [[0] if user % 2 == 0 else [] for user in range(60)])
    scores = TRAITS.fit(known, {"penalty": 10.0, "days": 0.0}).scores(known)
    usual = shares(known, slice(None))
    np.testing.assert_allclose(scores[1] / scores[1].sum(), usual / usual.sum(), atol=1e-6)
    assert not np.allclose(scores[0], scores[1])
    nobody = replace(known, traits=None)
    np.testing.assert_array_equal(
        TRAITS.fit(known, {"penalty": 10.0, "days": 0.0}).scores(nobody)[0], scores[1]
    )


@pytest.mark.parametrize("traits", [None, Known.of((), [[]] * 60)])
def test_without_words_nothing_is_proposed(traits):
    assert TRAITS.settings(replace(known_histories(), traits=traits)) == []


def test_what_was_popular_lately_is_more_so_in_the_same_proportion():
    known = known_by(("even", "odd"), [[user % 2] for user in range(60)])
    late = TRAITS.fit(known, {"penalty": 10.0, "days": 30.0})
    always = TRAITS.fit(known, {"penalty": 10.0, "days": 0.0})
    usual = known_by(("even", "odd"), [[]] * 60)
    ratio = late.scores(known) / late.scores(usual)
    np.testing.assert_allclose(ratio, always.scores(known) / always.scores(usual), rtol=1e-4)
