"""The verdict: what an interval says about two models, and how often chance says ship."""

import numpy as np
import pytest

from mlwright.core.evaluation import Direction, Estimate
from mlwright.core.prediction import Prediction
from mlwright.evaluation.score import compare
from mlwright.evaluation.verdict import Answer, verdict


def found(value, low, high, direction=Direction.MAX, matters=0.1):
    return verdict(Estimate(value, low, high, direction), 1_000, matters)


@pytest.mark.parametrize(
    ("interval", "answer"),
    [
        ((0.3, 0.1, 0.5), Answer.SHIP),
        ((-0.3, -0.5, -0.1), Answer.DO_NOT_SHIP),
        ((0.01, -0.05, 0.06), Answer.DO_NOT_SHIP),
        ((0.2, -0.1, 0.5), Answer.NOT_ENOUGH_DATA),
        ((-0.2, -0.5, 0.1), Answer.NOT_ENOUGH_DATA),
    ],
)
def test_the_interval_decides_whichever_way_is_better(interval, answer):
    value, low, high = interval
    assert found(value, low, high).answer is answer
    assert found(-value, -high, -low, Direction.MIN).answer is answer


def test_more_rows_are_asked_for_where_the_interval_is_wide():
    narrow, wide = found(0.2, -0.1, 0.5), found(0.2, -0.4, 0.8)
    assert 1_000 < narrow.n_needed < wide.n_needed
    assert wide.n_needed == pytest.approx(4 * narrow.n_needed, rel=0.01)


def test_so_many_rows_would_tell():
    """With the number of rows that it asks for, a true difference shows in about 80 % of the samples."""
    rng = np.random.default_rng(0)
    gain, spread, n_rows = 0.1, 1.0, 200
    error = spread / np.sqrt(n_rows)
    seen = Estimate(gain, gain - 1.96 * error, gain + 1.96 * error, Direction.MAX)
    asked = verdict(seen, n_rows, matters=gain).n_needed
    means = rng.normal(gain, spread / np.sqrt(asked), 20_000)
    assert (means > 1.96 * spread / np.sqrt(asked)).mean() == pytest.approx(0.8, abs=0.02)


def test_nothing_is_decided_without_an_interval():
    assert found(0.5, float("nan"), float("nan")).answer is Answer.NOT_ENOUGH_DATA
    assert found(0.0, 0.0, 0.0, matters=0.0).n_needed is None


@pytest.mark.parametrize("is_grouped", [False, True])
def test_equal_models_are_seldom_shipped(is_grouped):
    rng = np.random.default_rng(1)
    shipped = 0
    for world in range(120):
        truth = rng.normal(size=240)
        groups = np.arange(240) // 6 if is_grouped else None
        shared = rng.normal(size=(40, 2)).repeat(6, axis=0) if is_grouped else 0.0
        errors = rng.normal(size=(240, 2)) + shared
        one, other = (Prediction(scores=(truth + errors[:, i])[:, None]) for i in (0, 1))
        difference = compare("rmse", truth, one, other, groups=groups, seed=world)
        shipped += verdict(difference, 240, 0.01).answer is Answer.SHIP
    assert shipped <= 9  # of 120, expected 3
