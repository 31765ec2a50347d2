"""LightGBM's splits by sets of categories become chains of equalities, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.learner import Limits, Matrix, Sample, Shape
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link
from mlwright.testing.lowered import lowered_scores

N_CODES = 60


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    codes = rng.integers(1, N_CODES, 2_000).astype(np.float32)
    codes[rng.random(2_000) < 0.1] = np.nan
    dense = np.column_stack([rng.normal(size=2_000), codes, rng.integers(1, 4, 2_000)]).astype(np.float32)
    effect = rng.normal(size=N_CODES)
    target = effect[np.nan_to_num(codes).astype(int)] * (1 + dense[:, 2]) + dense[:, 0]
    return Matrix(dense, categories=(1, 2)), target


def fit(matrix, target, link=Link.IDENTITY, n_classes=0, **changes):
    shape = Shape(n_rows=2_000, n_dense=1, n_codes=2, n_terms=0, n_scores=max(1, n_classes), link=link)
    learner = LEARNERS.get("lightgbm")
    one = next(c for c in learner.configurations(shape) if c.name.endswith("sets"))
    one = replace(one, parameters={**one.parameters, **changes})
    return learner.fit(one, Sample(matrix, target, None, n_classes), None, link, Limits(rounds=30, seed=1))


@pytest.mark.parametrize("one_hot", [1, 200])
def test_sets_are_read_exactly(rows, one_hot):
    matrix, target = rows
    found = fit(matrix, target, max_cat_to_onehot=one_hot)
    assert found.model.is_equal.any()
    np.testing.assert_allclose(found.model.scores(found.probe), found.probe_scores, atol=1e-5)


@pytest.mark.parametrize(("link", "n_classes"), [(Link.IDENTITY, 0), (Link.SIGMOID, 2), (Link.SOFTMAX, 3)])
def test_the_program_knows_the_sets(rows, link, n_classes):
    matrix, target = rows
    if n_classes:
        target = np.digitize(target, np.quantile(target, np.linspace(0, 1, n_classes + 1)[1:-1])).astype(
            float
        )
    model = fit(matrix, target, link, n_classes).model
    odd = matrix.dense[:300].copy()
    odd[:50, 1], odd[50:90, 1], odd[90:120, 2] = np.nan, 999.0, 0.0
    np.testing.assert_allclose(lowered_scores(model, Matrix(odd)), model.scores(Matrix(odd)), atol=1e-4)


def test_a_category_of_many_levels_is_learned_better_than_by_order(rows):
    matrix, target = rows
    sets = fit(matrix, target).model
    plain = fit(replace(matrix, categories=()), target).model
    errors = [np.mean((model.scores(matrix)[:, 0] - target) ** 2) for model in (sets, plain)]
    assert sets.is_equal.any()
    assert not plain.is_equal.any()
    assert errors[0] < errors[1]
