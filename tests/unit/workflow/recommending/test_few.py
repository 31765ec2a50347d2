"""Users of whom few items are known: a recommender of their own, where that is better."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.core.task import Link, Task
from mlwright.ranking.blend import Blend, Member, Stage, View
from mlwright.recommenders.item_knn import ItemKnn
from mlwright.recommenders.naive_bayes import NaiveBayes
from mlwright.recommenders.popularity import Popularity
from mlwright.testing.check_recommender import known_histories
from mlwright.workflow.options import from_arguments
from mlwright.workflow.recommending import few
from mlwright.workflow.recommending.events import Scale
from mlwright.workflow.recommending.prepare import prepare
from mlwright.workflow.recommending.program import build, lines, program_scores


def start_alike(n_users=300, seed=1):
    """Everybody begins with hits at random, then takes what is of the own taste, 12 items in all."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        hits = rng.choice(20, 6, replace=False, p=np.arange(20, 0, -1) / 210)
        own = 20 + 10 * (user % 4) + rng.choice(10, 6, replace=False)
        rows += [(f"user {user}", f"item {item}", time) for time, item in enumerate([*hits, *own])]
    users, items, times = zip(*rows, strict=True)
    return {"user": list(users), "item": list(items), "time": list(times)}


@pytest.fixture(scope="module")
def model():
    return mw.train(start_alike(), kind="recommendation", max_trials=6)


def test_it_is_told_what_users_of_whom_few_items_are_known_get(model):
    told = model.evidence["ranking"]["few_items"]
    assert [one["n_items"] for one in told["by_items"]] in ([1, 3, 5, 10], [1, 3, 5])
    for one in told["by_items"]:
        assert one["gain"]["value"] == pytest.approx(one["model"]["value"] - one["popular"]["value"])
        assert 20 <= one["n_users"] <= 60
    assert told["most"] in (0, 1, 3, 5, 10)
    assert (told["most"] == 0) == (told["learner"] == "")


def test_the_same_seed_holds_out_the_same_users_whom_nothing_is_learned_of():
    log = prepare(start_alike(), from_arguments({"kind": "recommendation"}))
    held = few.newcomers(log, 3)
    assert held.are_held.sum() == 60
    assert np.array_equal(held.are_held, few.newcomers(log, 3).are_held)
    assert not np.array_equal(held.are_held, few.newcomers(log, 4).are_held)
    left = held.without(log.train)
    assert not held.are_held[left.users].any()
    assert left.n_events == log.train.n_events - held.are_held[log.train.users].sum()


def test_who_chooses_is_told_the_first_items_and_judges_by_the_others():
    log = prepare(start_alike(), from_arguments({"kind": "recommendation"}))
    held = few.newcomers(log, 0)
    assert [set(one.asked.lengths.tolist()) for one in held.choosing] == [{1}, {3}, {5}, set()]
    names = np.array([int(name.split()[1]) for name in log.items])
    assert (names[held.choosing[1].asked.items] < 20).all(), "everybody begins with hits"
    for choosing, telling in zip(held.choosing, held.telling, strict=True):
        asked = set(zip(choosing.asked.users.tolist(), choosing.asked.items.tolist(), strict=True))
        of = np.repeat(np.arange(choosing.n_users), np.diff(choosing.starts))
        assert not asked & set(zip(of.tolist(), choosing.relevant.tolist(), strict=True))
        assert telling.n_users
        assert len(set(telling.asked.lengths.tolist())) == 1
        told, all_of_it = (
            set(zip(one.users.tolist(), one.items.tolist(), strict=True))
            for one in (telling.asked, telling.taken)
        )
        assert told <= all_of_it
        scores = np.zeros((telling.n_users, telling.asked.n_items), np.float32)
        telling.hide(scores)
        assert {(user, item) for user, item in np.argwhere(scores < 0).tolist()} == all_of_it
        assert telling.take(np.array([1])).taken.lengths[0] == telling.taken.lengths[1]


def test_few_users_are_not_held_out():
    log = prepare(start_alike(n_users=90), from_arguments({"kind": "recommendation"}))
    held = few.newcomers(log, 0)
    assert not held.are_held.any()
    assert held.choosing == ()
    told = mw.train(start_alike(n_users=90), kind="recommendation", max_trials=3).evidence
    assert told["ranking"]["few_items"] is None


def test_each_is_answered_by_the_stage_for_as_many_items():
    known = known_histories()
    plain = View(is_graded=False)
    popular, bayes, knn = (
        Member(one.fit(known, one.settings(known)[0]), plain)
        for one in (Popularity(), NaiveBayes(), ItemKnn())
    )
    blend = Blend((knn,), (Stage(0, popular), Stage(3, bayes)))
    cut = [known.keep(known.positions < n) for n in (0, 1, 3, 4)]
    for asked, member in zip(cut, (popular, bayes, bayes, knn), strict=True):
        assert np.allclose(blend.scores(asked), Blend((member,)).scores(asked))
    task = Task(
        kind="", link=Link.RANKING, target="item", metric="ndcg_at_10", metrics=("ndcg_at_10",),
        classes=tuple(f"item {number}" for number in range(known.n_items)),
    )  # fmt: skip
    program = build(blend, task, known, 0).program
    for asked in cut:
        assert np.allclose(program_scores(program, task.classes)(asked), blend.scores(asked), atol=1e-5)
    twice = lines(cut[1], task.classes, program.columns, hides=False).cells[0]
    again = ("\x1f".join([twice[0]] * 9), "\x1f".join([twice[1]] * 9), *twice[2:])
    counted = program.run_lines([again]).scores
    assert np.allclose(counted, program.run_lines([twice]).scores, atol=1e-5), "an item counts once"


def test_what_was_not_liked_does_not_count():
    known = known_histories()
    liked = View(is_graded=False, least=0.7)
    kept = known.keep(known.strengths > 0.7)
    assert np.array_equal(liked.fits(known).items, kept.items)
    fitted = NaiveBayes().fit(liked.fits(known), {"shrinkage": 3.0, "trust": 1.0})
    asked = liked.of(known)
    assert np.array_equal(asked.strengths > 0, known.strengths > 0.7)
    assert np.allclose(fitted.scores(asked), fitted.scores(kept.weighing(np.ones_like(kept.strengths))))


def test_the_least_that_is_liked_lies_between_two_grades():
    scale = Scale.of(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    least = scale.least_liked
    strengths = scale.strengths(np.array([3.0, 4.0]), 2)
    assert strengths[0] < least < strengths[1]
    assert Scale.of(np.array([1.0, 500.0, 7.0])).least_liked is None


def test_naive_bayes_starts_with_what_is_popular_and_moves_with_evidence():
    known = known_histories()
    fitted = NaiveBayes().fit(known, {"shrinkage": 1.0, "trust": 1.5})
    nothing = known.take(np.zeros(1, np.int64)).keep(np.zeros(int(known.lengths[0]), bool))
    often = np.bincount(known.items, known.strengths, known.n_items)
    assert np.allclose(fitted.scores(nothing)[0], np.log1p(often), atol=1e-5)
    item = int(known.items[0])
    told = known.take(np.zeros(1, np.int64)).keep(np.arange(int(known.lengths[0])) == 0)
    gain = fitted.scores(told)[0] - fitted.scores(nothing)[0]
    alike = np.arange(known.n_items) % 4 == item % 4
    assert gain[alike].mean() > gain[~alike].mean(), "items of one taste go together"


def test_new_users_are_answered_with_an_item_and_without_any(model, tmp_path):
    place = tmp_path / "lists.parquet"
    for asked in ({"user": ["somebody"], "item": ["item 20"]}, {"user": ["nobody"]}):
        mw.predict(model, asked, place, top=5)
        found = pl.read_parquet(place)["item"].to_list()
        assert len(set(found)) == 5
        assert set(found) <= {f"item {item}" for item in range(60)}


@pytest.mark.filterwarnings("ignore:On the sealed test")
def test_a_catalog_of_two_items_is_ranked():
    log = start_alike(n_users=120)
    log["item"] = [("left", "right")[int(item.split()[1]) % 2] for item in log["item"]]
    found = mw.train(log, kind="recommendation", max_trials=4, allow_seen=True).evidence
    assert found["test"]["ndcg_at_10"]["value"] > 0.5
