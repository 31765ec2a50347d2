"""A dataset: which of its rows err alike."""

import numpy as np
import pytest

from mlwright.core.dataset import Dataset
from mlwright.core.schema import Schema


def rows(n_rows, **given):
    return Dataset(schema=Schema(()), columns={}, n_rows=n_rows, **given)


def test_groups_err_alike_whatever_their_time():
    groups = np.array([1, 1, 2])
    assert rows(3, groups=groups, times=np.arange(3.0)).alike is groups


def test_rows_without_groups_or_times_stand_alone():
    assert rows(3).alike is None


@pytest.mark.parametrize("order", [1, -1])
def test_stretches_of_time_hold_as_many_rows(order):
    found = rows(9_000, times=np.arange(9_000.0)[::order]).alike
    assert np.bincount(found).tolist() == [300] * 30
    assert (np.diff(found) * order >= 0).all()


def test_rows_of_one_moment_stay_together():
    times = np.repeat(np.arange(50.0), 2)
    found = rows(100, times=times).alike
    assert (found[::2] == found[1::2]).all()
    assert len(np.unique(found)) == 20


@pytest.mark.parametrize("n_rows", [0, 1, 2, 7])
def test_few_rows_are_no_trouble(n_rows):
    assert len(rows(n_rows, times=np.arange(n_rows) * 1.0).alike) == n_rows


def test_a_missing_time_is_a_moment_of_its_own():
    found = rows(20, times=np.where(np.arange(20) < 5, np.nan, 1.0)).alike
    assert len(set(found[:5])) == 1
