from __future__ import annotations

import math

import numpy as np
import pytest

from mlwright.core.recommender import Histories
from mlwright.evaluation.score import value
from mlwright.workflow.recommending.events import Events, Scale
from mlwright.workflow.recommending.exams import exam_of
from mlwright.workflow.recommending.judged import Exam, as_prediction, beyond_accuracy, ndcg


def histories(*taken, n_items=6):
    lengths = [len(items) for items in taken]
    items = np.array([item for one in taken for item in one], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Histories(starts=starts, items=items, strengths=np.ones(len(items), np.float32), n_items=n_items)


def exam(taken, relevant, n_items=6):
    starts = np.concatenate([[0], np.cumsum([len(items) for items in relevant])]).astype(np.int64)
    items = np.array([item for one in relevant for item in one], dtype=np.int64)
    return Exam(asked=histories(*taken, n_items=n_items), starts=starts, relevant=items)


def test_what_was_taken_before_is_never_listed():
    one = exam([[5, 4], [0]], [[1], [2]])
    lists = one.lists(lambda asked: np.tile(np.arange(6, dtype=np.float32), (asked.n_users, 1)))
    assert lists[0].tolist() == [3, 2, 1, 0, -1, -1, -1, -1, -1, -1]
    assert lists[1].tolist() == [5, 4, 3, 2, 1, -1, -1, -1, -1, -1]


def test_of_equal_scores_the_first_item_comes_first():
    one = exam([[]], [[1]], n_items=30)
    lists = one.lists(lambda asked: np.zeros((asked.n_users, 30), np.float32))
    assert lists[0].tolist() == list(range(10))


def test_ndcg_is_what_its_definition_says():
    one = exam([[], []], [[3, 0, -1], [2]])
    truth = one.truth(np.array([[3, 1, 0, 2, 4, 5, -1, -1, -1, -1], [5, 4, 3, 1, 0, -1, -1, -1, -1, -1]]))
    gained = 1.0 + 1.0 / math.log2(4)
    best = 1.0 + 1.0 / math.log2(3) + 1.0 / math.log2(4)  # an item that nobody knew counts as missed
    assert ndcg(truth).tolist() == pytest.approx([gained / best, 0.0])
    assert value("ndcg_at_10", truth, as_prediction(truth)) == pytest.approx(gained / best / 2)
    assert value("recall_at_10", truth, as_prediction(truth)) == pytest.approx((2 / 3 + 0) / 2)
    assert value("precision_at_10", truth, as_prediction(truth)) == pytest.approx((0.2 + 0) / 2)
    assert value("hit_rate_at_10", truth, as_prediction(truth)) == 0.5
    assert value("mrr_at_10", truth, as_prediction(truth)) == 0.5
    assert value("map_at_10", truth, as_prediction(truth)) == pytest.approx((1 + 2 / 3) / 3 / 2)


def test_many_users_are_judged_as_few_are():
    rng = np.random.default_rng(0)
    taken = [rng.permutation(50)[:5].tolist() for _ in range(40)]
    relevant = [[item for item in rng.permutation(50)[:4].tolist() if item not in one] for one in taken]
    scores = rng.random((40, 50)).astype(np.float32)
    whole = exam(taken, relevant, n_items=50)
    lists = whole.rank(scores.copy())
    for user in range(40):
        alone = whole.take(np.array([user]))
        assert alone.rank(scores[user : user + 1].copy()).tolist() == lists[user : user + 1].tolist()


def test_coverage_novelty_diversity_and_lift():
    lists = np.array([[0, 1] + [-1] * 8, [0, -1] + [-1] * 8])
    popularity = np.array([0.5, 0.25, 0.25, 0.0])
    found = beyond_accuracy(lists, popularity, histories([0, 1], [1, 0], [2], [], n_items=4))
    assert found["coverage"] == 0.5
    assert found["novelty"] == pytest.approx((1 + 2 + 1) / 3)
    assert found["diversity"] == pytest.approx(0.0)  # the two items of the one list with two are alike
    assert found["popularity_lift"] == pytest.approx((1.25 / 3) / 0.375)
    unlike = beyond_accuracy(np.array([[0, 2, 1, 3]]), popularity, histories([0, 1], [0], [2], n_items=4))
    assert unlike["diversity"] == pytest.approx(1 - 1 / 6 * 2**-0.5), "of six pairs one is alike, by half"


def test_an_item_that_nobody_knew_counts_once_however_often_it_was_taken():
    known = Histories(
        starts=np.array([0, 1]), items=np.array([0]), strengths=np.ones(1, np.float32), n_items=3
    )
    later = Events(
        users=np.zeros(5, np.int64),
        items=np.array([-4, -4, -4, -7, 2]),
        user_names=["u"],
        item_names=["a", "b", "c"],
    )
    found = exam_of(known, later, Scale(), hides=True)
    assert found.relevant.tolist() == [-1, -1, 2]
