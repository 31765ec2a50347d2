"""Halves: what is learned is judged by rows that are not its like, and luck is no gain."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.tuning.halves import pays

ORDER = np.random.default_rng(0).permutation(200)


@pytest.mark.parametrize("shift", [-0.2, 0.0, 0.05, 0.2])
def test_of_independent_rows_the_mean_must_exceed_its_standard_error(shift):
    gains = np.random.default_rng(1).normal(shift, 1.0, 200)
    expected = gains.mean() > gains.std() / np.sqrt(200)
    assert pays(lambda _, other: gains[other], ORDER) == expected


def test_each_row_is_judged_once_by_the_other_half():
    seen = []

    def gain(one, other):
        assert not set(one) & set(other)
        assert len(one) == len(other) == 100
        seen.extend(other)
        return np.ones(len(other))

    assert pays(gain, ORDER)
    assert sorted(seen) == list(range(200))


def test_rows_that_err_alike_stay_in_one_half():
    alike = np.arange(200) // 8

    def gain(one, other):
        assert not set(alike[one]) & set(alike[other])
        return np.ones(len(other))

    assert pays(gain, ORDER, alike)
    assert pays(gain, ORDER[:150], alike)


def test_what_groups_share_is_no_proof():
    """A learner that remembers groups gains where it meets them again, and nowhere else."""
    groups = np.arange(200) // 8
    shared = np.random.default_rng(2).normal(size=25)[groups]

    def gain(one, other):
        known = {group: shared[one][groups[one] == group].mean() for group in set(groups[one])}
        told = np.array([known.get(group, 0.0) for group in groups[other]])
        return shared[other] ** 2 - (shared[other] - told) ** 2

    assert pays(gain, ORDER)
    assert not pays(gain, ORDER, groups)


def test_few_groups_with_luck_in_common_are_few_rows():
    n_worlds, found, naive = 300, 0, 0
    groups = np.arange(200) // 20
    for seed in range(n_worlds):
        gains = np.random.default_rng(seed).normal(size=10)[groups]
        found += pays(lambda _, other, gains=gains: gains[other], ORDER, groups)
        naive += pays(lambda _, other, gains=gains: gains[other], ORDER)
    assert found < 0.25 * n_worlds  # one standard error: 16 %, a little more with ten groups
    assert naive > 0.35 * n_worlds


def test_one_group_teaches_nobody():
    assert not pays(lambda _, other: np.ones(len(other)), ORDER, np.zeros(200))
