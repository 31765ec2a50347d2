"""Trees in plain data say exactly what the library that grew them says, also on their thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.core.learner import Limits, Matrix, Sample, Shape
from mlwright.core.task import Link
from mlwright.core.trees import Trees, probe_rows, round_down
from mlwright.learners.extra_trees import ExtraTrees
from mlwright.learners.extra_trees import _fill as fill
from mlwright.learners.lightgbm import LightGBM
from mlwright.testing.worlds import N_CLASSES

N_ROWS = 400
SCORES = {Link.IDENTITY: 1, Link.SIGMOID: 1, Link.SOFTMAX: 3}
links = pytest.mark.parametrize("link", list(N_CLASSES))


def sample(link, n_rows=N_ROWS):
    """Features of all sorts: continuous, whole, constant, mostly missing, infinite."""
    rng = np.random.default_rng(3)
    dense = np.column_stack(
        [
            rng.normal(size=n_rows),
            rng.integers(0, 5, n_rows),
            np.full(n_rows, 2.5),
            np.where(rng.random(n_rows) < 0.8, np.nan, rng.normal(size=n_rows)),
            rng.choice([-np.inf, -1.0, 0.0, np.inf, np.nan], n_rows),
            rng.normal(size=n_rows) * 1e20,
        ]
    ).astype(np.float32)
    signal = dense[:, 0] + dense[:, 1] / 2 + np.isnan(dense[:, 3]) + rng.normal(0, 0.5, n_rows)
    if link is Link.IDENTITY:
        return Sample(Matrix(dense), signal)
    n_classes = 2 if link is Link.SIGMOID else 3
    classes = np.searchsorted(np.quantile(signal, np.arange(1, n_classes) / n_classes), signal)
    return Sample(Matrix(dense), classes.astype(np.float64), None, n_classes)


def fitted(learner, link, train, rounds=60):
    shape = Shape(n_rows=len(train.target), n_dense=6, n_codes=0, n_terms=0, n_scores=SCORES[link], link=link)
    configuration = learner.configurations(shape)[0]
    return learner.fit(configuration, train, None, link, Limits(rounds=rounds))


@links
def test_trees_equal_lightgbm_on_and_beside_their_thresholds(link):
    fit = fitted(LightGBM(), link, sample(link))
    assert fit.model.n_trees == 60 * SCORES[link]
    found = fit.model.scores(fit.probe)
    assert np.isnan(fit.probe.dense).any()
    assert np.abs(found - fit.probe_scores).max() < 5e-6 * max(1.0, np.abs(found).max())


@links
def test_trees_equal_extra_trees_on_and_beside_their_thresholds(link):
    fit = fitted(ExtraTrees(), link, sample(link), rounds=40)
    assert fit.model.n_trees == 40
    found = fit.model.scores(fit.probe)
    assert np.isnan(fit.probe.dense).any()
    assert np.abs(found - fit.probe_scores).max() < 5e-6 * max(1.0, np.abs(found).max())


@pytest.mark.parametrize("missing_left", [True, False])
@pytest.mark.parametrize("threshold", [0.0, -0.0, 1.5, -1e-30, 1e38, -3.4e38])
def test_a_cell_on_the_threshold_goes_left_and_the_next_one_right(threshold, missing_left):
    edge = np.float32(threshold)
    trees = Trees(
        n_nodes=3,
        feature=np.array([0, -1, -1], np.int32),
        threshold=np.array([edge, 0, 0], np.float32),
        missing_left=np.array([missing_left, False, False]),
        is_equal=np.zeros(3, dtype=bool),
        cover=np.array([0, 1, 1], np.float32),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        values=np.array([[0], [1], [2]], np.float32),
        roots=np.array([0]),
        target=np.array([0]),
        n_scores=1,
    )
    cells = [edge, np.nextafter(edge, np.float32(np.inf)), np.nextafter(edge, np.float32(-np.inf))]
    rows = np.array([*cells, np.inf, -np.inf, np.nan], np.float32)[:, None]
    assert trees.scores(Matrix(rows)).ravel().tolist() == [1, 2, 1, 2, 1, 1 if missing_left else 2]


def test_a_forest_sends_missing_cells_where_it_sent_them_in_training():
    train = sample(Link.IDENTITY)
    trees = fitted(ExtraTrees(), Link.IDENTITY, train).model
    nothing = np.full((1, 6), np.nan, np.float32)
    assert np.array_equal(trees.scores(Matrix(nothing)), trees.scores(Matrix(fill(nothing))))


def test_a_tree_of_one_leaf_answers_the_same_for_every_row():
    train = Sample(Matrix(np.zeros((30, 2), np.float32)), np.arange(30.0))
    for learner in (LightGBM(), ExtraTrees()):
        trees = fitted(learner, Link.IDENTITY, train, rounds=3).model
        found = trees.scores(Matrix(np.array([[0, 0], [1e30, np.nan]], np.float32)))
        assert len(np.unique(found)) == 1


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    threshold=st.floats(-1e38, 1e38) | st.floats(width=32, allow_nan=False, allow_infinity=False),
    x=st.floats(width=32, allow_nan=False),
    near=st.integers(-2, 2),
)
def test_a_threshold_rounded_down_decides_as_it_did_in_double_precision(threshold, x, near):
    rounded = round_down(np.array([threshold]))
    assert rounded.dtype == np.float32
    assert float(rounded[0]) <= threshold
    beside = rounded
    for _ in range(abs(near)):
        beside = np.nextafter(beside, np.float32(np.inf if near > 0 else -np.inf))
    for single in (np.float32(x), beside[0]):
        assert bool(single <= rounded[0]) == (float(single) <= threshold)


@pytest.mark.parametrize("threshold", [1e39, 1e300, -1e300, -1e39, 3.5e38])
def test_a_threshold_beyond_single_precision_still_decides(threshold):
    (rounded,) = round_down(np.array([threshold]))
    for x in np.array([-np.inf, -3.4e38, -1.0, 0.0, 1.0, 3.4e38], np.float32):
        assert bool(x <= rounded) == (float(x) <= threshold)


def test_probe_rows_are_the_same_for_the_same_seed_and_exist_without_features():
    train = sample(Link.IDENTITY)
    trees = fitted(LightGBM(), Link.IDENTITY, train, rounds=5).model
    one, other = (probe_rows(trees, train.matrix.dense, seed=1) for _ in range(2))
    assert np.array_equal(one, other, equal_nan=True)
    assert probe_rows(trees, np.empty((4, 0), np.float32), 0).shape == (200, 0)
