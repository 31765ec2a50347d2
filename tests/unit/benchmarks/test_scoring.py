"""The metrics of the comparison agree with a known implementation, and their resamples are paired."""

import numpy as np
import pytest
from scoring import judge
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

RNG = np.random.default_rng(3)
TWO = RNG.integers(0, 2, 300)
SHARES = np.round(np.clip(0.5 * TWO + RNG.random(300) * 0.6, 0, 1), 1)  # rounded: with ties


def test_the_scores_are_those_of_a_known_implementation():
    both = np.column_stack([1 - SHARES, SHARES])
    assert judge("roc_auc", TWO, both)["score"] == pytest.approx(roc_auc_score(TWO, SHARES))
    three = RNG.dirichlet([1, 1, 1], 300)
    classes = RNG.integers(0, 3, 300)
    assert judge("log_loss", classes, three)["score"] == pytest.approx(log_loss(classes, three), rel=1e-4)
    values = RNG.normal(size=300)
    assert judge("rmse", values, values + SHARES)["score"] == pytest.approx(
        root_mean_squared_error(values, values + SHARES)
    )


def test_equal_predictions_have_equal_resamples_around_their_score():
    values = RNG.normal(size=300)
    first, second = (judge("rmse", values, values + SHARES) for _ in range(2))
    assert first == second
    assert first["low"] < first["score"] < first["high"]
    assert len(set(first["resampled"])) > 400


def test_a_resample_without_one_of_the_classes_has_no_score():
    truth = np.array([0] * 40 + [1])
    shares = np.linspace(0, 1, 41)
    resampled = judge("roc_auc", truth, np.column_stack([1 - shares, shares]))["resampled"]
    assert None in resampled
    assert {value for value in resampled if value is not None} == {1.0}


@pytest.mark.parametrize(
    ("metric", "prediction", "says"),
    [
        ("rmse", np.array([1.0, np.nan]), "missing or infinite"),
        ("rmse", np.ones((2, 2)), "shape"),
        ("rmse", np.ones(3), "shape"),
        ("roc_auc", np.ones(2), "shape"),
    ],
)
def test_useless_predictions_are_refused(metric, prediction, says):
    with pytest.raises(ValueError, match=says):
        judge(metric, np.array([0, 1]), prediction)
