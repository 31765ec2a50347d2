"""Numbers in single precision, without losing what tells them apart."""

import numpy as np
import pytest

from mlwright.core.dataset import Dataset
from mlwright.core.schema import Column, Kind, Schema
from mlwright.features.steps.number import Number
from mlwright.testing.lowered import lowered_step

SCHEMA = Schema((Column(name="n", kind=Kind.NUMBER),))


def fit(values):
    return Number().fit(Dataset(schema=SCHEMA, columns={"n": np.array(values)}, n_rows=len(values)), 0)


def dense(fitted, values):
    return fitted.transform({"n": np.array(values, dtype=np.float64)}).dense[:, 0]


@pytest.mark.parametrize("start", [16_777_216.0, 9e9, 1.7e9, 1e15, -1e12])
def test_large_whole_numbers_are_told_apart(start):
    values = start + np.arange(1_000.0)
    assert len(np.unique(dense(fit(values), values))) == 1_000


def test_plain_numbers_stay_as_they_are():
    values = [0.1, -2.5, 3e7, np.nan]
    np.testing.assert_array_equal(dense(fit(values), values), np.array(values, np.float32))


def test_order_is_kept_by_the_shift():
    values = 1e10 + np.random.default_rng(0).permutation(5_000)
    order = np.argsort(values)
    assert (np.diff(dense(fit(values), values)[order]) > 0).all()


def test_what_is_beyond_single_precision_is_infinite_here_and_there():
    values = [1e300, -1e300, 3.5e38, np.nan, 9e9]
    for fitted in (fit([1.0, 2.0]), fit(9e9 + np.arange(500.0))):
        found = lowered_step(fitted, SCHEMA, {"n": np.array(values)}, "dense")[:, 0]
        np.testing.assert_array_equal(found, dense(fitted, values))
        assert np.isinf(found[:3]).all()


def test_a_column_without_numbers_is_no_obstacle():
    assert np.isnan(dense(fit([np.nan] * 3), [np.nan])).all()
