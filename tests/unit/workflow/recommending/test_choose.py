"""Choosing among recommenders: what takes much longer than others comes last, and only if there is time."""

from __future__ import annotations

import numpy as np
import pytest

import mlwright as mw
from mlwright.core.budget import Budget
from mlwright.core.shelves import RECOMMENDERS
from mlwright.ranking.blend import View
from mlwright.recommenders import sasrec
from mlwright.recommenders.last_item import LastItem
from mlwright.testing.check_recommender import known_histories
from mlwright.testing.tastes import taste_log
from mlwright.workflow.recommending import choose
from mlwright.workflow.recommending.judged import Exam

LOOKS = (View(), View(is_graded=False))


class Slow:
    """What goes with the last item, slowly, it says."""

    is_naive, order, is_slow, is_for_repeats, fades = False, -1, True, False, ((1.0, 1.0),)

    def seconds(self, _known):
        return 1_000.0

    def settings(self, _known):
        return [{}, {}]

    def fit(self, known, settings):
        return LastItem().fit(known, settings)


class Shelf:
    """Two recommenders of the shelf, and a slow one that would be the first of all."""

    def names(self):
        return ["slow", "item_knn", "popularity"]

    def get(self, name):
        return Slow() if name == "slow" else RECOMMENDERS.get(name)


@pytest.fixture
def tried(monkeypatch):
    monkeypatch.setattr(choose, "RECOMMENDERS", Shelf())
    known = known_histories()
    earlier = known.keep(known.positions > 0)
    exam = Exam(asked=earlier, starts=np.arange(known.n_users + 1), relevant=known.items[known.starts[:-1]])

    def run(limit_s=None, *, looks=LOOKS, most=None):
        budget = Budget(limit_s, None if limit_s else 99)
        choice = choose.Choice([], looks=looks)
        return choose.choose(earlier, exam, budget, lambda _: None, most=most, choice=choice)

    return run


def test_what_is_slow_is_tried_when_all_else_was(tried):
    names = [one.name for one in tried().tried]
    assert names[-2:] == ["slow", "slow"]
    assert names.count("slow") == 2


@pytest.mark.parametrize("limit_s", [60.0, 2_000.0])
def test_what_is_slow_is_not_tried_without_time_for_it_and_for_fitting_it_again(tried, limit_s):
    choice = tried(limit_s=limit_s)
    assert {one.name for one in choice.tried} == {"popularity", "item_knn"}
    assert choice.ended == "the time for the search was used up"


def test_what_is_slow_is_tried_where_there_is_time_for_all_of_it(tried):
    assert "slow" in {one.name for one in tried(limit_s=100_000.0).tried}


def test_what_is_slow_learns_from_events_as_they_are(tried):
    assert {one.view.is_graded for one in tried().tried if one.name == "slow"} == {True}
    assert {one.view.is_graded for one in tried(looks=LOOKS[1:]).tried if one.name == "slow"} == {False}


def test_trials_are_counted_in_the_same_order(tried):
    everything = [(one.name, dict(one.settings)) for one in tried().tried]
    assert [(one.name, dict(one.settings)) for one in tried(most=5).tried] == everything[:5]


class WithAttention(Shelf):
    def names(self):
        return ["popularity", "sasrec"]


def test_a_model_with_attention_ships_and_answers_the_same_when_loaded(monkeypatch, tmp_path):
    pytest.importorskip("torch", reason="the extra 'deep' is not installed")
    monkeypatch.setattr(choose, "RECOMMENDERS", WithAttention())
    monkeypatch.setattr(sasrec, "_FEWEST_STEPS", 40)
    model = mw.train(taste_log(), kind="recommendation", max_trials=99)
    assert model.evidence["leaderboard"][0]["learner"] == "sasrec"
    model.save(tmp_path / "a.mlw")
    asked = {"history": ["item 1\x1fitem 5", "?", ""], "strengths": ["1\x1f1", "1", ""], "hidden": [""] * 3}
    found = mw.load(tmp_path / "a.mlw").predict(asked)
    np.testing.assert_array_equal(found, model.predict(asked))
    assert found[1] == found[2]


def test_the_winner_is_left_time_to_learn_from_as_many_events_again_and_once_more_if_it_is_fitted_again():
    def left(n_fits):
        one = choose.Candidate(
            name="kernel", settings={}, view=choose.View(), is_naive=False, values=np.ones(9), fit_s=2.0
        )
        choice = choose.Choice([], members=[(one, 1.0)], n_events=1_000, n_fits=n_fits, end_s=3.0)
        budget = Budget(choice.ending_s + 5.0, None)
        return choice.ending_s, choice.affordable(budget)

    (once_s, once), (twice_s, twice) = left(choose.FITS_ONCE), left(choose.FITS)
    assert twice_s - once_s == pytest.approx(2.0)  # a fit more
    assert once > twice > 1_000
