"""Tables and curves behind the scores."""

import json

import numpy as np
import pytest
from sklearn import metrics as oracle

from mlwright.core.prediction import Prediction
from mlwright.evaluation.detail import (
    calibration_bins,
    confusion,
    residual_summary,
    roc_band,
    roc_curve_points,
)


def world(n_rows=1000):
    rng = np.random.default_rng(0)
    chance = rng.random(n_rows)
    truth = (rng.random(n_rows) < chance).astype(float)
    return truth, Prediction.of_probabilities(np.column_stack([1 - chance, chance]))


def test_the_confusion_table_equals_scikit_learn():
    truth, prediction = world()
    table = confusion(truth, prediction, 2)
    assert (table == oracle.confusion_matrix(truth, prediction.labels)).all()


def test_the_roc_curve_has_at_most_100_points_and_almost_the_same_area():
    truth, prediction = world(5000)
    curve = roc_curve_points(truth, prediction)
    false, true = curve["false_positive_rate"], curve["true_positive_rate"]
    assert len(false) == len(true) == len(curve["threshold"]) <= 100
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    area = oracle.roc_auc_score(truth, prediction.scores[:, 1])
    assert oracle.auc(false, true) == pytest.approx(area, abs=0.002)


def test_the_band_of_a_roc_curve_holds_the_curve_of_all_rows_about_as_often_as_promised():
    everything, true_prediction = world(40_000)
    known = roc_curve_points(everything, true_prediction)
    held = []
    for seed in range(60):
        rows = np.random.default_rng(seed).integers(0, 40_000, 400)
        truth, prediction = everything[rows], Prediction.of_probabilities(true_prediction.scores[rows])
        curve = roc_curve_points(truth, prediction)
        low, high = roc_band(truth, prediction, curve, None, seed)
        across = np.array(curve["false_positive_rate"])
        inside = (across > 0.05) & (across < 0.95)
        truly = np.interp(across, known["false_positive_rate"], known["true_positive_rate"])
        held.append(np.mean((np.array(low) <= truly)[inside] & (truly <= np.array(high))[inside]))
    assert 0.90 < np.mean(held) < 0.99


def test_the_band_of_a_roc_curve_is_wider_where_rows_come_in_groups():
    truth, prediction = world(300)
    many, few = (Prediction.of_probabilities(np.repeat(prediction.scores, n, axis=0)) for n in (1, 10))
    curve = roc_curve_points(truth, many)
    low, high = roc_band(truth, many, curve, None, 0)
    repeated = np.repeat(truth, 10)
    alike = roc_band(repeated, few, curve, np.repeat(np.arange(300), 10), 0)
    alone = roc_band(repeated, few, curve, None, 0)
    width = np.mean(np.subtract(high, low))
    assert np.mean(np.subtract(alike[1], alike[0])) == pytest.approx(width, rel=0.15)
    assert np.mean(np.subtract(alone[1], alone[0])) < 0.5 * width


def test_the_roc_curve_of_one_class_is_empty():
    one = Prediction(np.full((2, 2), 0.5))
    assert roc_band(np.ones(2), one, roc_curve_points(np.ones(2), one), None, 0) == ([], [])
    assert roc_curve_points(np.ones(2), Prediction(np.full((2, 2), 0.5)))["threshold"] == []


def test_calibration_bins_of_a_calibrated_model_hold_its_probabilities():
    bins = calibration_bins(*world())
    assert len(bins) == 10
    assert sum(b["n"] for b in bins) == 1000
    assert sum(b["low"] <= b["predicted"] <= b["high"] for b in bins) >= 8
    json.dumps(bins, allow_nan=False)


def test_equal_probabilities_share_a_bin():
    prediction = Prediction.of_probabilities(np.tile([0.2, 0.8], (50, 1)))
    (only,) = calibration_bins(np.ones(50), prediction)
    assert only["n"] == 50
    assert only["high"] == 1.0
    assert only["low"] > 0.9


def test_calibration_with_more_classes_asks_how_often_the_choice_is_right():
    scores = np.tile([0.5, 0.3, 0.2], (40, 1))
    (only,) = calibration_bins(np.repeat([0.0, 1.0], 20), Prediction.of_probabilities(scores))
    assert only["observed"] == only["predicted"] == 0.5


def test_the_residual_summary_is_plain_data():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=500)
    summary = residual_summary(truth, Prediction((truth + 1.0)[:, None]))
    assert summary["mean"] == pytest.approx(-1.0)
    assert summary["bias"] == pytest.approx({"value": -1.0, "low": -1.0, "high": -1.0})
    assert summary["quantiles"]["0.5"] == pytest.approx(-1.0)
    assert len(summary["bins"]) == 10
    json.dumps(summary, allow_nan=False)
    assert residual_summary(truth[:0], Prediction(np.zeros((0, 1))))["bins"] == []


def test_the_mean_of_the_residuals_has_an_interval_that_knows_groups():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(20), 25)
    truth = rng.normal(size=20)[groups]
    answers = Prediction(np.zeros((500, 1)))
    alone, together = (residual_summary(truth, answers, groups=each)["bias"] for each in (None, groups))
    assert alone["value"] == together["value"] == pytest.approx(truth.mean())
    assert together["high"] - together["low"] > 3 * (alone["high"] - alone["low"])
