"""The calibration error: 0 is 0 although chance scatters, and a lack of calibration is found."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.prediction import Prediction
from mlwright.evaluation.reliability import calibration_error


def world(seed, n_rows, sharpness):
    """Return truths, what is said of them, and by how much that is off on average."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n_rows)
    chance, said = (1 / (1 + np.exp(-score * factor)) for factor in (1.0, sharpness))
    truth = (rng.random(n_rows) < chance).astype(float)
    return truth, Prediction(np.column_stack([1 - said, said])), float(np.abs(said - chance).mean())


@pytest.mark.parametrize(("n_rows", "sharpness"), [(400, 1.0), (3000, 1.0), (400, 1.5), (3000, 1.5)])
def test_the_interval_holds_the_true_error(n_rows, sharpness):
    held = []
    for seed in range(60):
        truth, prediction, error = world(seed, n_rows, sharpness)
        found = calibration_error(truth, prediction, seed=seed)
        held.append(found.low <= error * (sharpness != 1.0) <= found.high)
    assert np.mean(held) >= 0.87  # 95 % but for three standard errors of sixty worlds


def test_copies_that_err_alike_are_one_piece_of_evidence():
    truth, prediction, _ = world(0, 200, 1.0)
    copied = Prediction(np.repeat(prediction.scores, 20, axis=0))
    groups = np.repeat(np.arange(200), 20)
    together = calibration_error(np.repeat(truth, 20), copied, groups=groups)
    apart = calibration_error(np.repeat(truth, 20), copied)
    assert apart.low > 0  # as if 4,000 rows had been off as these are
    assert together.low == 0
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_of_more_classes_the_answer_is_judged():
    truth, prediction, _ = world(0, 2000, 3.0)
    said = np.column_stack([prediction.scores, np.zeros(2000)])
    three = Prediction.of_probabilities(said)
    found = calibration_error(truth, three)
    assert found.low > 0.05
    assert found == calibration_error((three.labels == truth).astype(float), Prediction(
        np.column_stack([1 - said.max(axis=1), said.max(axis=1)])
    ))  # fmt: skip


def test_few_rows_give_no_number():
    truth, prediction, _ = world(0, 9, 1.0)
    assert np.isnan(calibration_error(truth, prediction).value)
