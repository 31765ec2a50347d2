"""The usual error is learned where it can be told, and left alone where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.tuning.spread import disagreement, fit_spread


def world(n_rows=1500, seed=0, *, is_even=False):
    rng = np.random.default_rng(seed)
    value, apart = rng.normal(size=n_rows), rng.gamma(2.0, 0.05, n_rows)
    usual = np.full(n_rows, 0.3) if is_even else 0.1 * np.exp(0.5 * value) * (1.0 + 8.0 * apart)
    return value + rng.normal(size=n_rows) * usual, value, apart, usual


def test_rows_that_are_missed_by_more_are_told():
    target, value, apart, usual = world()
    spread = fit_spread(target, value, apart, 0)
    found = spread.of(value, apart)
    ratio = found / usual
    assert np.corrcoef(np.log(found), np.log(usual))[0, 1] > 0.9
    assert np.quantile(ratio, 0.9) / np.quantile(ratio, 0.1) < 2.0 < np.quantile(usual, 0.9) / usual.min()


def test_where_all_rows_are_alike_nothing_is_learned():
    assert sum(fit_spread(*world(seed=seed, is_even=True)[:3], seed) is not None for seed in range(20)) <= 3


@pytest.mark.parametrize("n_rows", [50, 199])
def test_few_rows_teach_nothing(n_rows):
    target, value, apart, _ = world(n_rows)
    assert fit_spread(target, value, apart, 0) is None


def test_without_disagreement_or_error_it_holds():
    target, value, apart, _ = world()
    assert fit_spread(target, value, np.zeros(len(value)), 0).of(value, apart).min() > 0
    assert fit_spread(value, value, apart, 0) is None


def test_what_was_never_seen_stays_in_bounds():
    target, value, apart, _ = world()
    found = fit_spread(target, value, apart, 0).of(np.array([-1e9, 1e9]), np.array([0.0, 1e9]))
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_disagreement_is_the_mean_distance_from_the_blend():
    given = [(0.25, np.array([0.0, 1.0])), (0.75, np.array([4.0, 1.0]))]
    np.testing.assert_allclose(disagreement(given, np.array([3.0, 1.0])), [1.5, 0.0])
