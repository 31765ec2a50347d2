"""The best of a row are those of a stable sort, however many are equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from mlwright.ranking.matrix import best, largest


def sorted_whole(scores, n_most):
    return np.argsort(-scores, axis=1, kind="stable")[:, :n_most]


few = st.sampled_from(np.array([-1e30, -1.0, 0.0, 0.5, 1.0], np.float32))


@given(
    scores=arrays(np.float32, st.tuples(st.integers(0, 3), st.integers(1, 60)), elements=few),
    n_most=st.integers(0, 70),
)
@settings(deadline=None)
def test_of_equal_ones_the_first_are_taken(scores, n_most):
    assert np.array_equal(best(scores, n_most), sorted_whole(scores, n_most))


@pytest.mark.parametrize("n_most", [1, 10, 999, 1_000, 30_000])
@pytest.mark.parametrize("n_columns", [1_000, 9_999, 25_001])
def test_long_rows_are_ranked_as_short_ones(n_columns, n_most):
    rng = np.random.default_rng(n_columns)
    scores = rng.normal(size=(4, n_columns)).astype(np.float32)
    scores[1] = np.sort(scores[1])
    scores[2] = -np.sort(-scores[2])
    scores[3, rng.random(n_columns) < 0.999] = 0.0
    assert np.array_equal(best(scores, n_most), sorted_whole(scores, n_most))


def test_what_is_no_number_comes_last():
    scores = np.array([[np.nan, 1.0, np.nan, 2.0]], np.float32)
    assert best(scores, 2).tolist() == [[3, 1]]
    assert best(scores, 4)[0, :2].tolist() == [3, 1]


@given(
    entries=arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=few),
    n_most=st.integers(1, 14),
)
@settings(deadline=None)
def test_the_largest_entries_of_sparse_rows_are_those_furthest_from_zero(entries, n_most):
    at, values = largest(csr_matrix(entries), n_most)
    assert at.shape == values.shape == (len(entries), n_most)
    for row, places, kept in zip(entries, at, values, strict=True):
        there = np.flatnonzero(row)
        order = there[np.argsort(-np.abs(row[there]), kind="stable")][:n_most]
        assert sorted(zip(order, row[order], strict=True)) == sorted(
            zip(places[: len(order)], kept[: len(order)], strict=True)
        )
        assert not kept[len(order) :].any()
