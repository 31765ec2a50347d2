"""Groups side by side: rates are counts over counts, and gaps know that they were picked."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlwright.core.prediction import Prediction
from mlwright.evaluation.rates import compare_groups, rates_of


def two_classes(rng, n_rows, shift=None):
    chance = np.clip(rng.beta(2.0, 2.0, n_rows) + (0.0 if shift is None else shift), 0.01, 0.99)
    truth = (rng.random(n_rows) < chance).astype(float)
    return truth, Prediction.of_probabilities(np.column_stack([1.0 - chance, chance]))


def test_rates_of_two_classes_are_those_of_the_table():
    rng = np.random.default_rng(0)
    truth, prediction = two_classes(rng, 500)
    groups = rng.choice(["a", "b"], 500)
    masks = {name: groups == name for name in "ab"}
    rates, gaps = compare_groups(rates_of(truth, prediction, 2), masks, None, 0)
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
    parts = rates_of(truth, Prediction.of_probabilities(scores), 3)
    assert list(parts) == ["error_rate", "calibration"]
    assert parts["error_rate"].top.mean() == np.mean(scores.argmax(axis=1) != truth)
    values = rates_of(truth, Prediction(truth[:, None] + 0.5), 0)
    assert values["error"].top.mean() == values["calibration"].top.mean() == 0.5


def test_a_share_that_never_happened_keeps_an_upper_end():
    truth = np.zeros(60)
    prediction = Prediction.of_probabilities(np.tile([0.9, 0.1], (60, 1)))
    masks = {"a": np.arange(60) < 30, "b": np.arange(60) >= 30}
    rates, gaps = compare_groups(rates_of(truth, prediction, 2), masks, None, 0)
    assert rates["a"]["selection_rate"].value == 0.0
    assert 0.05 < rates["a"]["selection_rate"].high < 0.2
    assert np.isnan(rates["a"]["true_positive_rate"].value)
    assert "true_positive_rate" not in gaps


def share_world(sizes, n_right):
    """Return two groups of rows that are all of the second class; so many of each are found."""
    picked = np.concatenate([np.arange(n) < k for n, k in zip(sizes, n_right, strict=True)])
    yes = np.where(picked, 0.9, 0.1)
    prediction = Prediction.of_probabilities(np.column_stack([1.0 - yes, yes]))
    rates = {"true_positive_rate": rates_of(np.ones(len(yes)), prediction, 2)["true_positive_rate"]}
    of_row = np.repeat([0, 1], sizes)
    _, gaps = compare_groups(rates, {"a": of_row == 0, "b": of_row == 1}, None, 0)
    return gaps["true_positive_rate"].size


def test_a_small_group_that_was_always_right_is_not_clearly_better():
    found = share_world((12, 100), (12, 80))  # 12 % likely by Fisher's exact test if both are equally good
    assert found.value == pytest.approx(0.2)
    assert found.low == 0.0
    assert share_world((500, 500), (500, 400)).low > 0.15


@pytest.mark.parametrize(("n_small", "share"), [(12, 0.9), (15, 0.95)])
def test_small_equal_groups_are_rarely_told_apart(n_small, share):
    rng, sizes = np.random.default_rng(0), (n_small, 150)
    clear = [share_world(sizes, [rng.binomial(n, share) for n in sizes]).low > 0 for _ in range(50)]
    assert np.mean(clear) <= 0.1  # resamples alone say so of 24 and 40 %


def test_a_group_without_the_rare_outcome_is_not_called_uncalibrated():
    yes = np.full(300, 0.03)
    truth = (np.arange(300) % 33 == 32).astype(float)
    prediction = Prediction.of_probabilities(np.column_stack([1.0 - yes, yes]))
    is_small = np.arange(300) < 32
    rates, gaps = compare_groups(rates_of(truth, prediction, 2), {"a": is_small, "b": ~is_small}, None, 0)
    assert rates["a"]["calibration"].value == pytest.approx(0.03)
    assert rates["a"]["calibration"].low < 0 < rates["a"]["calibration"].high
    assert gaps["calibration"].size.low == 0.0


def test_a_gap_that_was_picked_among_more_pairs_is_less_sure():
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 4, 1_200)
    shift = np.array([-0.2, -0.05, 0.05, 0.2])[numbers]
    truth, prediction = two_classes(rng, 1_200, shift)
    rates = rates_of(truth, prediction, 2)
    reaches = []
    for chosen in ((0, 3), (0, 1, 2, 3)):
        _, gaps = compare_groups(rates, {str(n): numbers == n for n in chosen}, None, 0)
        gap = gaps["selection_rate"]
        assert gap.between == ("3", "0")
        reaches.append(gap.size.high - gap.size.low)
    assert reaches[1] / reaches[0] == pytest.approx(norm.ppf(1 - 0.025 / 6) / norm.ppf(0.975))


@pytest.mark.slow
def test_equal_groups_have_no_clear_gap_in_most_worlds_however_many_there_are():
    clear, n_worlds = dict.fromkeys((2, 6), 0), 150
    for seed in range(n_worlds):
        rng = np.random.default_rng(seed)
        truth, prediction = two_classes(rng, 600)
        for n_groups in clear:
            numbers = rng.integers(0, n_groups, 600)
            masks = {str(n): numbers == n for n in range(n_groups)}
            _, gaps = compare_groups(rates_of(truth, prediction, 2), masks, None, seed)
            clear[n_groups] += gaps["selection_rate"].size.low > 0
    assert max(clear.values()) <= 0.08 * n_worlds  # 5 % and the noise of 150 worlds


def test_a_real_gap_is_clear():
    rng = np.random.default_rng(0)
    is_b = rng.random(2_000) < 0.4
    truth, prediction = two_classes(rng, 2_000, np.where(is_b, -0.25, 0.1))
    _, gaps = compare_groups(rates_of(truth, prediction, 2), {"a": ~is_b, "b": is_b}, None, 0)
    gap = gaps["selection_rate"]
    assert gap.between == ("a", "b")
    assert gap.size.low > 0.2
    assert gap.size.low < gap.size.value < gap.size.high
