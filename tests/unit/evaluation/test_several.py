"""Many intervals at once: one of twenty misses by chance, and is then no discovery."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.evaluation import Direction, Estimate
from mlwright.evaluation.averages import Average, averages
from mlwright.evaluation.several import clearly_off


def estimate(value, reach=0.05):
    return Estimate(value, value - reach, value + reach, Direction.MAX)


def test_alone_an_estimate_is_off_as_soon_as_its_interval_is():
    assert clearly_off([estimate(0.84)], 0.9) == [-1]
    assert clearly_off([estimate(0.96)], 0.9) == [1]
    assert clearly_off([estimate(0.86)], 0.9) == [0]


def test_among_many_it_must_be_farther_off():
    many = [estimate(0.9)] * 19
    assert clearly_off([estimate(0.84), *many], 0.9)[0] == 0
    assert clearly_off([estimate(0.81), *many], 0.9) == [-1] + [0] * 19


def test_without_an_interval_nothing_is_said():
    nan = float("nan")
    assert clearly_off([], 0.9) == []
    assert clearly_off(
        [Estimate(0.1, nan, nan, Direction.MAX), Estimate(nan, nan, nan, Direction.MAX)], 0.9
    ) == [0, 0]


@pytest.mark.slow
def test_of_twenty_kinds_of_rows_that_are_held_as_often_as_asked_hardly_ever_one_is_named():
    n_worlds, named, single = 60, 0, 0
    of_row = np.arange(2_400) % 20
    for seed in range(n_worlds):
        held = (np.random.default_rng(seed).random(2_400) < 0.9).astype(float)
        found = averages(
            [Average(held, of_row == k, is_share=True) for k in range(20)], Direction.MAX, seed=seed
        )
        named += -1 in clearly_off(found, 0.9)
        single += any(one.high < 0.9 for one in found)
    assert named <= 0.1 * n_worlds
    assert single > 0.2 * n_worlds, "one after the other the same worlds are misread"
