"""Averages: the plain mean with an interval, and nothing made up where no row differs."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.evaluation import Direction
from mlwright.evaluation.averages import Average, averages


def one(average, groups=None):
    return averages([average], Direction.MAX, groups=groups)[0]


def test_a_share_that_no_row_contradicts_has_the_exact_binomial_bound():
    rows = np.arange(60) < 40
    for average, n_trials in (
        (Average(np.ones(60), is_share=True), 60),
        (Average(np.ones(60), rows, is_share=True), 40),
    ):
        assert one(average).low == pytest.approx(0.025 ** (1 / n_trials))
        assert one(average).high == 1.0
    never = one(Average(np.zeros(60), is_share=True))
    assert (never.low, never.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 60)))


def test_groups_without_a_miss_are_one_trial_each():
    found = one(Average(np.ones(60), is_share=True), np.arange(60) // 10)
    assert found.low == pytest.approx(0.025 ** (1 / 6))


@pytest.mark.parametrize("amount", [0.0, 1.0, 500.0])
def test_an_amount_that_is_the_same_in_every_row_is_no_share(amount):
    found = one(Average(np.full(60, amount)))
    assert (found.low, found.value, found.high) == (amount, amount, amount)


def test_some_rows_are_averaged_as_if_they_were_alone():
    rng = np.random.default_rng(0)
    values, rows = rng.exponential(1.0, 400), rng.random(400) < 0.5
    found = one(Average(values, rows))
    assert found.value == pytest.approx(values[rows].mean())
    alone = one(Average(values[rows]))
    assert found.low == pytest.approx(alone.low, abs=0.03)
    assert found.high == pytest.approx(alone.high, abs=0.03)


def test_copies_that_stand_together_tell_no_more_than_one_row():
    values = np.random.default_rng(0).exponential(1.0, 50)
    copied = np.repeat(values, 20)
    single, together = one(Average(values)), one(Average(copied), np.repeat(np.arange(50), 20))
    apart = one(Average(copied))
    assert together.low == pytest.approx(single.low, abs=0.03)
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_of_no_row_nothing_is_said():
    assert np.isnan(one(Average(np.zeros(0))).value)
    assert np.isnan(one(Average(np.ones(9), np.zeros(9, dtype=bool), is_share=True)).value)
