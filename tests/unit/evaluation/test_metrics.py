"""Every metric against scikit-learn, and where it is undefined."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as oracle

from mlwright.core.prediction import Prediction
from mlwright.core.shelves import METRICS, TASKS
from mlwright.evaluation.score import value

MACRO = {"average": "macro", "zero_division": 0.0}


def classes_world(seed, n_classes, n_rows=200, digits=1):
    """Labels and rounded probabilities, so that there are many ties."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_rows).astype(float)
    scores = rng.random((n_rows, n_classes)).round(digits) + 0.1
    scores[np.arange(n_rows), truth.astype(int)] += 0.4
    return truth, Prediction.of_probabilities(scores / scores.sum(axis=1, keepdims=True))


def values_world(seed, n_rows=200):
    rng = np.random.default_rng(seed)
    truth = rng.normal(3.0, 2.0, n_rows).round(1)
    return truth, Prediction((truth + rng.normal(0.0, 1.0, n_rows).round(1))[:, None])


BINARY = {
    "accuracy": lambda y, p: oracle.accuracy_score(y, p.labels),
    "balanced_accuracy": lambda y, p: oracle.balanced_accuracy_score(y, p.labels),
    "precision": lambda y, p: oracle.precision_score(y, p.labels, zero_division=0.0),
    "recall": lambda y, p: oracle.recall_score(y, p.labels),
    "f1": lambda y, p: oracle.f1_score(y, p.labels),
    "roc_auc": lambda y, p: oracle.roc_auc_score(y, p.scores[:, 1]),
    "average_precision": lambda y, p: oracle.average_precision_score(y, p.scores[:, 1]),
    "log_loss": lambda y, p: oracle.log_loss(y, p.scores),
    "brier": lambda y, p: oracle.brier_score_loss(y, p.scores[:, 1]),
}


@pytest.mark.parametrize("name", sorted(BINARY))
@pytest.mark.parametrize("seed", range(5))
def test_a_binary_metric_equals_scikit_learn_also_with_ties(name, seed):
    truth, prediction = classes_world(seed, 2)
    assert value(name, truth, prediction) == pytest.approx(BINARY[name](truth, prediction), abs=1e-9)


def one_hot(truth, n_classes):
    return np.eye(n_classes)[truth.astype(int)]


MULTI = {
    "accuracy": lambda y, p: oracle.accuracy_score(y, p.labels),
    "balanced_accuracy": lambda y, p: oracle.balanced_accuracy_score(y, p.labels),
    "precision": lambda y, p: oracle.precision_score(y, p.labels, **MACRO),
    "recall": lambda y, p: oracle.recall_score(y, p.labels, **MACRO),
    "f1": lambda y, p: oracle.f1_score(y, p.labels, **MACRO),
    "roc_auc": lambda y, p: oracle.roc_auc_score(y, p.scores, multi_class="ovr"),
    "average_precision": lambda y, p: oracle.average_precision_score(
        one_hot(y, p.scores.shape[1]), p.scores, average="macro"
    ),
    "log_loss": lambda y, p: oracle.log_loss(y, p.scores),
    "brier": lambda y, p: np.mean(((p.scores - one_hot(y, p.scores.shape[1])) ** 2).sum(axis=1)),
}


@pytest.mark.parametrize("name", sorted(MULTI))
@pytest.mark.parametrize("n_classes", [3, 7, 40])
def test_a_multiclass_metric_equals_scikit_learn_also_with_many_classes(name, n_classes):
    truth, prediction = classes_world(n_classes, n_classes, n_rows=500)
    assert value(name, truth, prediction) == pytest.approx(MULTI[name](truth, prediction), abs=1e-9)


VALUES = {
    "rmse": lambda y, p: np.sqrt(oracle.mean_squared_error(y, p.values)),
    "mae": lambda y, p: oracle.mean_absolute_error(y, p.values),
    "r2": lambda y, p: oracle.r2_score(y, p.values),
    "mape": lambda y, p: oracle.mean_absolute_percentage_error(y[y != 0], p.values[y != 0]),
}


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_metric_of_values_equals_scikit_learn(name):
    truth, prediction = values_world(1)
    truth[0] = 0.0
    assert value(name, truth, prediction) == pytest.approx(VALUES[name](truth, prediction), abs=1e-9)


def test_every_metric_on_the_shelf_has_an_oracle_here():
    of_rankings = TASKS.get("recommendation").metrics  # in workflow/recommending/test_judged.py
    assert set(METRICS.names()) == {*BINARY, *VALUES, *of_rankings}


def test_every_metric_says_what_it_means():
    for name in METRICS.names():
        metric = METRICS.get(name)
        assert metric.title
        assert metric.says.endswith(".")


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "recall"])
def test_a_metric_without_positive_rows_is_undefined_and_silent(name):
    prediction = Prediction.of_probabilities(np.tile([0.6, 0.4], (5, 1)))
    assert np.isnan(value(name, np.zeros(5), prediction))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_no_metric_crashes_on_one_class_one_row_or_none(n_classes):
    for name in BINARY:
        for n_rows in (0, 1, 4):
            scores = np.full((n_rows, n_classes), 1 / n_classes)
            value(name, np.ones(n_rows), Prediction.of_probabilities(scores))


def test_r2_of_a_constant_truth_and_mape_of_zeros_are_undefined():
    answers = Prediction(np.arange(4.0)[:, None])
    assert np.isnan(value("r2", np.full(4, 0.1), answers))
    assert np.isnan(value("mape", np.zeros(4), answers))


def test_r2_survives_a_huge_offset():
    truth, prediction = values_world(2)
    far = Prediction(prediction.scores + 1e7)
    assert value("r2", truth + 1e7, far) == pytest.approx(value("r2", truth, prediction), abs=1e-6)


def test_precision_without_a_positive_answer_is_zero():
    prediction = Prediction.of_probabilities(np.tile([0.6, 0.4], (4, 1)))
    assert value("precision", np.array([0.0, 1, 0, 1]), prediction) == 0.0


def test_log_loss_of_a_sure_mistake_is_finite():
    prediction = Prediction.of_probabilities(np.array([[1.0, 0.0]]))
    assert value("log_loss", np.array([1.0]), prediction) == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_parts_of_an_area_are_its_derivative_in_the_row_weights(name, n_classes):
    truth, prediction = classes_world(3, n_classes, n_rows=60)
    metric = METRICS.get(name)
    parts = metric.parts(truth, prediction)
    area = value(name, truth, prediction)
    slope = area * (1 - area) * (parts[:, 0] - parts[:, 0].mean())  # from log odds to area
    step = 1e-6
    for row in (0, 7, 31):
        weights = np.ones(60)
        weights[row] += 60 * step
        if name == "roc_auc":
            areas = [
                oracle.roc_auc_score(truth == k, prediction.scores[:, k], sample_weight=weights)
                for k in ([1] if n_classes == 2 else range(3))
            ]
        else:
            areas = [
                oracle.average_precision_score(truth == k, prediction.scores[:, k], sample_weight=weights)
                for k in ([1] if n_classes == 2 else range(3))
            ]
        assert (np.mean(areas) - area) / step == pytest.approx(slope[row], abs=1e-3)


def test_metrics_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(3):
            truth, prediction = classes_world(seed, 3, n_rows=4)
            for name in BINARY:
                value(name, truth, prediction)
