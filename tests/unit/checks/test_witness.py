"""What the court hears is told by other rows: never by a row's own target, nor by its relatives."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.checks.order import told_by_neighbors
from mlwright.checks.single import as_prediction, halves, look, told_by
from mlwright.checks.witness import judged_in, out_of_fold
from mlwright.core.schema import Kind
from mlwright.evaluation.score import value

N_ROWS = 900


def heard(cells, kind, target, groups=None):
    """Return the ROC AUC of a quick model of one column, out of fold."""
    is_first = halves(len(target), groups, np.random.default_rng(0))
    single = look("cells", kind, cells, target, 2, is_first)
    told = out_of_fold([single], target, 2, groups=groups, seed=0)
    return value("roc_auc", target, as_prediction(told, 2))


def test_targets_of_the_rows_that_are_judged_change_no_answer_to_them():
    rng = np.random.default_rng(0)
    cells = np.array([f"t{n}" for n in rng.integers(0, 60, N_ROWS)], dtype=object)
    target, is_judged = rng.integers(0, 2, N_ROWS).astype(float), np.arange(N_ROWS) < 300
    single = look("cells", Kind.CATEGORY, cells, target, 2, is_judged)
    pair = np.flatnonzero(~is_judged), np.flatnonzero(is_judged)
    turned = np.where(is_judged, 1.0 - target, target)
    told, other = (judged_in([pair], [single], values, 2, seed=0) for values in (target, turned))
    assert np.ptp(told[is_judged]) > 0.1
    np.testing.assert_array_equal(told, other)


def test_relatives_are_not_on_both_sides():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(90), 10)
    mark, target = rng.normal(size=90)[groups], rng.integers(0, 2, 90)[groups].astype(float)
    assert heard(mark, Kind.NUMBER, target) > 0.8
    assert abs(heard(mark, Kind.NUMBER, target, groups) - 0.5) < 0.15


@pytest.mark.parametrize("n_classes", [0, 2])
def test_neighbors_are_the_six_nearest_of_the_other_half(n_classes):
    rng = np.random.default_rng(2)
    by, is_first = rng.permutation(80).astype(float), rng.random(80) < 0.5
    target = rng.integers(0, 2, 80).astype(float)
    found = told_by_neighbors(by, target, n_classes, is_first)
    for row in range(80):
        others = np.flatnonzero(is_first != is_first[row])
        others = others[np.argsort(by[others])]
        before, after = others[by[others] < by[row]][-3:], others[by[others] > by[row]][:3]
        assert found[row, -1] == pytest.approx(target[np.concatenate([before, after])].mean())


@pytest.mark.parametrize("tell", [told_by, told_by_neighbors])
def test_what_is_told_of_a_row_does_not_depend_on_its_own_target(tell):
    rng = np.random.default_rng(3)
    codes, is_first = rng.integers(0, 8, 60), rng.random(60) < 0.5
    target = rng.integers(0, 2, 60).astype(float)

    def told(values):
        if tell is told_by:
            return told_by(codes, 8, values, 2, is_first)
        return told_by_neighbors(codes, values, 2, is_first)

    turned = np.where(is_first, 1.0 - target, target)
    np.testing.assert_array_equal(told(turned)[is_first], told(target)[is_first])
    assert not np.array_equal(told(turned)[~is_first], told(target)[~is_first])
