"""Learned on a level: what the target was before is carried on by a line, beyond all that was seen."""

import numpy as np
import pytest

from mlwright.core.learner import Limits, Matrix, Sample, Shape
from mlwright.core.level import Leveled, fit_on_level
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link
from mlwright.testing.lowered import lowered_scores

SHAPE = Shape(n_rows=3_000, n_dense=3, n_codes=0, n_terms=0, n_scores=1, link=Link.IDENTITY)
LEVELS = (1, 2)
NAMES = {"lightgbm": "lightgbm small trees", "linear": "linear, pieces", "extra_trees": "extra trees"}


def rows(n_rows=3_000, seed=0, start=0.0):
    """Return features and a target that climbs: last values and a feature with an effect of its own."""
    rng = np.random.default_rng(seed)
    level = start + np.arange(n_rows) / 1_000
    dense = np.column_stack([rng.normal(size=n_rows), level + rng.normal(0, 0.1, n_rows), level])
    dense = dense.astype(np.float32)
    dense[rng.random(n_rows) < 0.05, 1] = np.nan
    return Matrix(dense), level + np.where(dense[:, 0] > 0, 0.5, -0.5) + rng.normal(0, 0.05, n_rows)


def fit(name, matrix, target, valid=None, *, is_leveled=True):
    learner = LEARNERS.get(name)
    one = next(one for one in learner.configurations(SHAPE) if one.name == NAMES[name])
    limits = Limits(rounds=None if valid else {"lightgbm": 200, "linear": 9, "extra_trees": 20}[name], seed=1)
    sample = Sample(matrix, target)
    if is_leveled:
        return fit_on_level(learner, one, (sample, valid), LEVELS, limits)
    return learner.fit(one, sample, valid, Link.IDENTITY, limits)


@pytest.fixture(scope="module", params=NAMES)
def fitted(request):
    return fit(request.param, *rows())


def test_targets_beyond_all_that_was_seen_are_reached(fitted):
    later, truth = rows(500, seed=1, start=5.0)
    assert float(np.abs(fitted.model.scores(later)[:, 0] - truth).mean()) < 0.4
    plain = fit("lightgbm", *rows(), is_leveled=False)
    assert float(np.abs(plain.model.scores(later)[:, 0] - truth).mean()) > 1.5


def test_the_program_gives_the_same_scores(fitted):
    assert isinstance(fitted.model, Leveled)
    later, _ = rows(200, seed=2, start=3.0)
    for matrix in (later, fitted.probe):
        np.testing.assert_allclose(
            lowered_scores(fitted.model, matrix), fitted.model.scores(matrix), atol=5e-6
        )
    np.testing.assert_allclose(fitted.model.scores(fitted.probe), fitted.probe_scores, atol=5e-6)


def test_it_stops_early_by_the_whole_target():
    matrix, target = rows()
    first, rest = np.arange(2_000), np.arange(2_000, 3_000)
    valid = Sample(matrix.take(rest), target[rest])
    found = fit("lightgbm", matrix.take(first), target[first], valid)
    np.testing.assert_allclose(found.valid_scores, found.model.scores(valid.matrix), atol=5e-6)
    assert np.mean((found.valid_scores[:, 0] - target[rest]) ** 2) < 0.1
