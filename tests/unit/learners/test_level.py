"""Trees on a level: what the target was before is carried on by a line, beyond all that was seen."""

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.learner import Limits, Matrix, Sample, Shape
from mlwright.core.level import Leveled
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link
from mlwright.testing.lowered import lowered_scores

SHAPE = Shape(n_rows=3_000, n_dense=3, n_codes=0, n_terms=0, n_scores=1, link=Link.IDENTITY, levels=(1, 2))


def rows(n_rows=3_000, seed=0, start=0.0):
    """Return features and a target that climbs: last values and a feature with an effect of its own."""
    rng = np.random.default_rng(seed)
    level = start + np.arange(n_rows) / 1_000
    dense = np.column_stack([rng.normal(size=n_rows), level + rng.normal(0, 0.1, n_rows), level])
    dense = dense.astype(np.float32)
    dense[rng.random(n_rows) < 0.05, 1] = np.nan
    return Matrix(dense), level + np.where(dense[:, 0] > 0, 0.5, -0.5) + rng.normal(0, 0.05, n_rows)


def configurations(shape=SHAPE):
    return {one.name: one for one in LEARNERS.get("lightgbm").configurations(shape)}


def fit(name, matrix, target, valid=None):
    learner = LEARNERS.get("lightgbm")
    limits = Limits(rounds=None if valid else 200, seed=1)
    return learner.fit(configurations()[name], Sample(matrix, target), valid, Link.IDENTITY, limits)


@pytest.fixture(scope="module")
def fitted():
    return fit("lightgbm small trees, on a level", *rows())


def test_targets_beyond_all_that_was_seen_are_reached(fitted):
    later, truth = rows(500, seed=1, start=5.0)
    plain = fit("lightgbm small trees", *rows())
    errors = [float(np.abs(one.model.scores(later)[:, 0] - truth).mean()) for one in (fitted, plain)]
    assert errors[0] < 0.3
    assert errors[1] > 1.5


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
    found = fit("lightgbm small trees, on a level", matrix.take(first), target[first], valid)
    np.testing.assert_allclose(found.valid_scores, found.model.scores(valid.matrix), atol=5e-6)
    assert np.mean((found.valid_scores[:, 0] - target[rest]) ** 2) < 0.1


def test_it_is_proposed_where_a_level_is_known_and_for_values_alone():
    assert "lightgbm small trees, on a level" in configurations()
    assert not any("level" in name for name in configurations(replace(SHAPE, levels=())))
    assert not any("level" in name for name in configurations(replace(SHAPE, link=Link.SIGMOID)))
