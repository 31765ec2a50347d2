"""Groups side by side: rates are counts over counts, and gaps know that they were picked."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.prediction import Prediction
from mlwright.evaluation.rates import compare_groups, rate_parts


def two_classes(rng, n_rows, shift=None):
    chance = np.clip(rng.beta(2.0, 2.0, n_rows) + (0.0 if shift is None else shift), 0.01, 0.99)
    truth = (rng.random(n_rows) < chance).astype(float)
    return truth, Prediction.of_probabilities(np.column_stack([1.0 - chance, chance]))


def test_rates_of_two_classes_are_those_of_the_table():
    rng = np.random.default_rng(0)
    truth, prediction = two_classes(rng, 500)
    groups = rng.choice(["a", "b"], 500)
    masks = {name: groups == name for name in "ab"}
    rates, gaps = compare_groups(rate_parts(truth, prediction, 2), masks, None, 0)
    for name, mask in masks.items():
        here, picked = truth[mask], prediction.labels[mask]
        expected = {
            "selection_rate": picked.mean(),
            "true_positive_rate": picked[here == 1].mean(),
            "false_positive_rate": picked[here == 0].mean(),
            "error_rate": (picked != here).mean(),
            "calibration": prediction.scores[mask, 1].mean() - here.mean(),
        }
        assert list(rates[name]) == list(expected)
        for rate, value in expected.items():
            found = rates[name][rate]
            assert found.value == pytest.approx(value)
            assert found.low < value < found.high
    for rate, gap in gaps.items():
        values = {name: rates[name][rate].value for name in "ab"}
        assert gap.size.value == pytest.approx(max(values.values()) - min(values.values()))
        assert values[gap.between[0]] >= values[gap.between[1]]


def test_more_classes_and_values_have_errors_and_calibration():
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.ones(3), 200)
    truth = rng.integers(0, 3, 200).astype(float)
    parts = rate_parts(truth, Prediction.of_probabilities(scores), 3)
    assert list(parts) == ["error_rate", "calibration"]
    assert parts["error_rate"][0].mean() == np.mean(scores.argmax(axis=1) != truth)
    values = rate_parts(truth, Prediction(truth[:, None] + 0.5), 0)
    assert values["error"][0].mean() == values["calibration"][0].mean() == 0.5


def test_a_share_that_never_happened_keeps_an_upper_end():
    truth = np.zeros(60)
    prediction = Prediction.of_probabilities(np.tile([0.9, 0.1], (60, 1)))
    masks = {"a": np.arange(60) < 30, "b": np.arange(60) >= 30}
    rates, gaps = compare_groups(rate_parts(truth, prediction, 2), masks, None, 0)
    assert rates["a"]["selection_rate"].value == 0.0
    assert 0.05 < rates["a"]["selection_rate"].high < 0.2
    assert np.isnan(rates["a"]["true_positive_rate"].value)
    assert "true_positive_rate" not in gaps


@pytest.mark.slow
def test_equal_groups_have_no_clear_gap_in_most_worlds_however_many_there_are():
    clear, n_worlds = dict.fromkeys((2, 6), 0), 150
    for seed in range(n_worlds):
        rng = np.random.default_rng(seed)
        truth, prediction = two_classes(rng, 600)
        for n_groups in clear:
            numbers = rng.integers(0, n_groups, 600)
            masks = {str(n): numbers == n for n in range(n_groups)}
            _, gaps = compare_groups(rate_parts(truth, prediction, 2), masks, None, seed)
            clear[n_groups] += gaps["selection_rate"].size.low > 0
    assert max(clear.values()) <= 0.08 * n_worlds  # 5 % and the noise of 150 worlds


def test_a_real_gap_is_clear():
    rng = np.random.default_rng(0)
    is_b = rng.random(2_000) < 0.4
    truth, prediction = two_classes(rng, 2_000, np.where(is_b, -0.25, 0.1))
    _, gaps = compare_groups(rate_parts(truth, prediction, 2), {"a": ~is_b, "b": is_b}, None, 0)
    gap = gaps["selection_rate"]
    assert gap.between == ("a", "b")
    assert gap.size.low > 0.2
    assert gap.size.low < gap.size.value < gap.size.high
