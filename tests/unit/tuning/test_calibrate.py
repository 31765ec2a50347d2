"""Calibration: classes that a blend neglects are lifted, and nothing is done without proof."""

import numpy as np
import pytest

from mlwright.core.task import Link, losses
from mlwright.tuning.calibrate import apply_factors, class_factors


def world(n_rows=4_000, seed=0):
    """Return class numbers and the probabilities that they were drawn from."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet([4.0, 2.0, 1.0], n_rows)
    target = (truth.cumsum(axis=1) < rng.random((n_rows, 1))).sum(axis=1).astype(float)
    return target, truth


def test_a_neglected_class_is_lifted():
    target, truth = world()
    given = apply_factors(truth, np.array([1.0, 1.0, 0.3]))
    factors = class_factors(Link.SOFTMAX, target, given, seed=0)
    assert factors is not None
    assert factors[2] / factors[0] == pytest.approx(1 / 0.3, rel=0.25)
    before, after = (
        losses(Link.SOFTMAX, target, one).mean() for one in (given, apply_factors(given, factors))
    )
    assert after < before


def test_what_is_right_is_left_alone():
    found = [class_factors(Link.SOFTMAX, *world(seed=seed), seed=0) for seed in range(12)]
    assert sum(one is None for one in found) >= 9


def test_few_rows_or_two_classes_are_left_alone():
    target, truth = world(300)
    assert (
        class_factors(Link.SOFTMAX, target, apply_factors(truth, np.array([1.0, 1.0, 0.1])), seed=0) is None
    )
    assert class_factors(Link.SIGMOID, np.ones(900), np.full((900, 2), 0.5), seed=0) is None


def test_a_class_without_rows_is_no_trouble():
    target, truth = world()
    wide = np.column_stack([truth * 0.99, np.full(len(truth), 0.01)])
    factors = class_factors(Link.SOFTMAX, target, wide, seed=0)
    assert factors is None or np.isfinite(factors).all()


def test_rows_add_up_to_one():
    _, truth = world(50)
    np.testing.assert_allclose(apply_factors(truth, np.array([2.0, 1.0, 0.1])).sum(axis=1), 1.0)
