"""Intervals: deterministic, in range, the right width, safe where undefined."""

import numpy as np
import pytest

from mlwright.core.evaluation import Direction
from mlwright.core.prediction import Prediction
from mlwright.evaluation.score import compare, estimate, score_all, value

NAMES = [
    "roc_auc",
    "log_loss",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "average_precision",
    "brier",
]


def world(n_rows, seed=0, skill=1.5):
    rng = np.random.default_rng(seed)
    truth = (rng.random(n_rows) < 0.3).astype(float)
    chance = 1 / (1 + np.exp(-(rng.normal(size=n_rows) + skill * (truth - 0.5))))
    return truth, Prediction.of_probabilities(np.column_stack([1 - chance, chance]))


def test_the_value_lies_in_its_interval_and_both_in_range():
    truth, prediction = world(300)
    for name, score in score_all(NAMES, truth, prediction).items():
        assert score.value == value(name, truth, prediction)
        assert 0 <= score.low < score.value < score.high
        assert name == "log_loss" or score.high <= 1


def test_the_same_seed_gives_the_same_interval_and_one_metric_the_same_as_many():
    truth, prediction = world(300)
    scores = score_all(NAMES, truth, prediction, seed=5)
    assert scores == score_all(NAMES, truth, prediction, seed=5)
    assert scores["f1"] != score_all(NAMES, truth, prediction, seed=6)["f1"]
    alone = estimate("accuracy", truth, prediction, seed=5)
    assert alone.low == pytest.approx(scores["accuracy"].low, abs=1e-12)


def test_the_interval_of_a_mean_has_the_textbook_width():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=1000)
    score = estimate("mae", truth, Prediction(np.zeros((1000, 1))))
    textbook = 2 * 1.96 * np.abs(truth).std() / np.sqrt(1000)
    assert score.high - score.low == pytest.approx(textbook, rel=0.1)


def test_rows_beyond_the_limit_are_pooled_without_changing_the_width():
    truth, prediction = world(60_000)
    score = estimate("accuracy", truth, prediction)
    textbook = 2 * 1.96 * np.sqrt(score.value * (1 - score.value) / 60_000)
    assert score.high - score.low == pytest.approx(textbook, rel=0.1)


def test_groups_widen_the_interval():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 20)
    truth = np.abs(rng.normal(size=30))[groups]
    answers = Prediction(np.zeros((600, 1)))
    alone = estimate("mae", truth, answers)
    together = estimate("mae", truth, answers, groups=groups)
    assert together.value == alone.value
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_one_group_leaves_the_ends_unknown():
    truth, prediction = world(50)
    score = estimate("accuracy", truth, prediction, groups=np.zeros(50))
    assert np.isfinite(score.value)
    assert np.isnan([score.low, score.high]).all()


@pytest.mark.parametrize("n_rows", [0, 1, 2, 5])
def test_tiny_and_undefined_samples_give_nan_and_no_warning(n_rows):
    for truth in (np.zeros(n_rows), np.ones(n_rows)):
        prediction = Prediction.of_probabilities(np.tile([0.3, 0.7], (n_rows, 1)))
        scores = score_all(NAMES, truth, prediction)
        assert np.isnan(scores["roc_auc"].value)
        assert np.isnan(scores["roc_auc"].low)


def test_a_perfect_score_is_not_certain():
    truth = np.repeat([0.0, 1.0], [90, 10])
    prediction = Prediction.of_probabilities(np.column_stack([1 - truth, truth]))
    scores = score_all(NAMES, truth, prediction)
    assert scores["accuracy"].value == scores["recall"].value == scores["roc_auc"].value == 1.0
    assert scores["accuracy"].low == pytest.approx(0.025 ** (1 / 100))
    for name in ("recall", "roc_auc", "average_precision", "balanced_accuracy"):
        assert scores[name].low == pytest.approx(0.025 ** (1 / 10))


def test_a_class_of_one_row_does_not_break_the_resamples():
    truth, prediction = world(40)
    truth[:] = 0
    truth[3] = 1
    for score in score_all(NAMES, truth, prediction).values():
        assert np.isfinite(score.value)


def test_a_comparison_is_paired():
    truth, prediction = world(400)
    rng = np.random.default_rng(1)
    shaken = np.clip(prediction.scores[:, 1] + rng.normal(0, 0.02, 400), 0.001, 0.999)
    near = Prediction.of_probabilities(np.column_stack([1 - shaken, shaken]))
    gap = compare("roc_auc", truth, near, prediction)
    alone = estimate("roc_auc", truth, prediction)
    assert gap.direction is Direction.MAX
    expected = value("roc_auc", truth, near) - alone.value
    assert gap.value == pytest.approx(expected, abs=1e-12)
    assert gap.high - gap.low < 0.3 * (alone.high - alone.low)


def test_a_model_does_not_differ_from_itself():
    truth, prediction = world(100)
    gap = compare("log_loss", truth, prediction, prediction)
    assert (gap.value, gap.low, gap.high, gap.direction) == (0, 0, 0, Direction.MIN)


def test_a_clear_difference_excludes_zero():
    truth, good = world(1000, skill=3.0)
    bad = Prediction.of_probabilities(np.full((1000, 2), 0.5))
    assert compare("log_loss", truth, good, bad).high < 0
    assert compare("roc_auc", truth, good, bad).low > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "accuracy"])
@pytest.mark.parametrize("n_rows", [100, 500])
def test_intervals_hold_the_truth_about_95_times_in_100(name, n_rows):
    true = value(name, *world(300_000, seed=10**6))
    scores = [estimate(name, *world(n_rows, seed), n_resamples=500) for seed in range(150)]
    assert 0.90 <= np.mean([score.low <= true <= score.high for score in scores]) <= 0.99
