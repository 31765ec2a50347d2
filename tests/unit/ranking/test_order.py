"""Sorting by packed keys gives what sorting by each of them gives."""

import numpy as np
import pytest

from mlwright.ranking.order import are_among, different, in_order, n_different, runs

RNG = np.random.default_rng(0)
N = 500
KEYS = {
    "few": (RNG.integers(0, 5, N), RNG.integers(0, 3, N)),
    "one after the other": (RNG.integers(0, 5, N), np.zeros(N), -np.arange(N)),
    "more bits than there are": (RNG.integers(0, 3, N), RNG.integers(0, 2**40, N), RNG.integers(0, 2**40, N)),
    "equal but for their last bits": (np.zeros(N, int), 2**61 + RNG.integers(0, 2, N), RNG.integers(0, 9, N)),
    "whole doubles": (RNG.integers(0, 5, N), -RNG.integers(10**9, 10**9 + 9, N).astype(float), RNG.random(N)),
    "doubles": (RNG.integers(0, 2, N), np.round(RNG.random(N), 2), RNG.integers(0, 9, N)),
    "doubles that nearly agree": (1.0 + RNG.integers(0, 4, N) * 2.0**-52, RNG.integers(0, 9, N)),
    "doubles far apart": (RNG.choice([-1.7e308, 0.0, 5e-324, 1.7e308], N), RNG.integers(0, 9, N)),
    "tiny doubles": (RNG.choice([0.0, 5e-324, 1e-320], N), RNG.integers(0, 9, N)),
    "huge whole doubles": (RNG.choice([2.0**70, 2.0**70 + 2.0**20, 0.0], N), RNG.integers(0, 9, N)),
    "all alike": (np.full(N, 0.5), np.full(N, 7)),
    "none": (np.zeros(0, int), np.zeros(0)),
}


@pytest.mark.parametrize("name", KEYS)
def test_packed_keys_sort_as_each_of_them_does(name):
    keys = KEYS[name]
    np.testing.assert_array_equal(in_order(*keys), np.lexsort(keys[::-1]))


def test_equal_values_are_found_in_their_order():
    values = RNG.integers(0, 40, N)
    places, begins = runs(values)
    np.testing.assert_array_equal(places, np.argsort(values, kind="stable"))
    np.testing.assert_array_equal(values[places[begins]], np.unique(values))
    np.testing.assert_array_equal(different(values), np.unique(values))
    assert n_different(values) == len(np.unique(values))
    assert n_different(values[:0]) == 0
    np.testing.assert_array_equal(are_among(values, np.array([3, 5, 70])), np.isin(values, [3, 5]))
    assert not are_among(values, values[:0]).any()
