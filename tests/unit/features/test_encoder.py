"""The encoder: no training row sees its own target."""

import numpy as np
import pytest

from mlwright.core.graph import Graph
from mlwright.core.learner import Configuration
from mlwright.core.shelves import ENCODINGS
from mlwright.core.step import Block
from mlwright.features.encoder import Encoder, fit_training
from mlwright.testing.lowered import run_graph


def block_of(codes):
    return Block(dense=np.empty((len(codes), 0), np.float32), codes=codes.astype(np.int32))


def encode(names, codes, sizes, target, n_classes=0, seed=0):
    return fit_training(
        Configuration(name="any", order=1, encodings=names), block_of(codes), sizes, target, n_classes, seed
    )


@pytest.mark.parametrize("rows_per_level", [1, 2, 3, 10])
@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_a_random_target_cannot_be_read_from_the_encoded_training_rows(rows_per_level, n_classes):
    rng = np.random.default_rng(rows_per_level)
    n_rows = 3_000
    size = n_rows // rows_per_level + 2
    codes = 2 + rng.permutation(np.arange(n_rows) % (size - 2))[:, None]
    target = rng.integers(0, n_classes, n_rows).astype(float) if n_classes else rng.normal(size=n_rows)
    for name in ENCODINGS.names():
        encoder, matrix = encode((name,), codes, (size,), target, n_classes)
        honest = encoder.transform(block_of(codes)).dense
        for column in range(matrix.dense.shape[1]):
            wanted = target == column if n_classes > 2 else target
            if np.nanstd(matrix.dense[:, column]) == 0:
                continue
            correlation = np.corrcoef(matrix.dense[:, column], wanted)[0, 1]
            assert correlation < 0.06, name
            if ENCODINGS.get(name).uses_target:
                assert np.corrcoef(honest[:, column], wanted)[0, 1] > 0.2, "the test would not see a leak"


def test_changing_a_row_s_target_does_not_change_its_own_encoding():
    rng = np.random.default_rng(0)
    codes, target = rng.integers(0, 8, (200, 1)), rng.normal(size=200)
    _, before = encode(("target_mean",), codes, (8,), target)
    for row in (0, 17, 199):
        other = target.copy()
        other[row] += 100.0
        _, after = encode(("target_mean",), codes, (8,), other)
        assert after.dense[row] == before.dense[row]
        assert (after.dense != before.dense).any()


def test_an_informative_category_is_still_told():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 6, (600, 1))
    target = codes[:, 0] + rng.normal(0, 0.1, 600)
    _, matrix = encode(("target_mean",), codes, (6,), target)
    assert np.corrcoef(matrix.dense[:, 0], target)[0, 1] > 0.98


@pytest.mark.parametrize("names", [(), ("one_hot",), ("frequency", "target_mean"), tuple(ENCODINGS.names())])
@pytest.mark.parametrize("n_classes", [0, 2, 5])
def test_training_rows_later_rows_and_the_program_have_the_same_features(names, n_classes):
    rng = np.random.default_rng(2)
    codes = np.column_stack([rng.integers(0, size, 300) for size in (4, 90, 12)])
    target = rng.integers(0, max(2, n_classes), 300).astype(float)
    encoder, matrix = encode(names, codes, (4, 90, 12), target, n_classes)
    later = encoder.transform(block_of(codes)).dense
    assert matrix.dense.shape == later.shape
    assert matrix.dense.dtype == later.dtype == np.float32
    graph = Graph()
    inputs = [graph.input(name, is_text=False) for name in "abc"]
    given = graph.add("Cast", graph.add("Concat", *inputs, axis=1), to=np.dtype(np.int64))
    value = encoder.lower(graph, "", given)
    assert bool(value) == bool(later.shape[1])
    if value:
        columns = {name: codes[:, i].astype(float) for i, name in enumerate("abc")}
        np.testing.assert_array_equal(run_graph(graph, value, columns), later)


@pytest.mark.parametrize("n_rows", [1, 2, 4])
def test_few_rows_are_encoded_all_the_same(n_rows):
    codes = np.arange(n_rows)[:, None]
    _, matrix = encode(tuple(ENCODINGS.names()), codes, (6,), np.arange(n_rows) * 1.0)
    assert len(matrix.dense) == n_rows


def test_the_same_seed_gives_the_same_folds():
    rng = np.random.default_rng(3)
    codes, target = rng.integers(0, 8, (100, 1)), rng.normal(size=100)
    (_, one), (_, same), (_, other) = (
        encode(("target_mean",), codes, (8,), target, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.dense, same.dense)
    assert (one.dense != other.dense).any()


def test_fitting_looks_at_the_target_only_where_said():
    codes = np.arange(20)[:, None] % 5
    for name in ENCODINGS.names():
        one, other = (Encoder.fit((name,), codes, (5,), np.arange(20.0) * k, 0) for k in (1, -3))
        is_same = np.array_equal(one.groups[0][0][1].values, other.groups[0][0][1].values, equal_nan=True)
        assert is_same != ENCODINGS.get(name).uses_target
