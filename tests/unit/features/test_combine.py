"""Combined features: what is found, what is kept, and that training rows do not see their own target."""

import numpy as np
import pytest

from mlwright.core.combination import Candidate
from mlwright.core.learner import Configuration
from mlwright.core.step import Block
from mlwright.features.bins import Bins
from mlwright.features.combine import choose, fit_combined, ingredients
from mlwright.features.encoder import fit_training
from mlwright.features.inner import inner_folds


def _block(n_rows=1_500, seed=0):
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n_rows, 5)).astype(np.float32)
    codes = rng.integers(0, 6, (n_rows, 3)).astype(np.int32)
    return Block(dense=dense, codes=codes)


def _names(chosen):
    return {name: set(those) for name, those in chosen[1].items()}


def test_a_product_that_matters_is_found():
    block = _block()
    target = (block.dense[:, 1] * block.dense[:, 3]).astype(np.float64)
    chosen = choose(block, (6, 6, 6), block.dense, target, 0, 5, seed=1)
    assert (
        Candidate(numbers=(3, 1), operation=2) in _names(chosen)["arithmetic"]
        or Candidate(numbers=(1, 3), operation=2) in _names(chosen)["arithmetic"]
    )


def test_a_meeting_of_categories_that_matters_is_found():
    block = _block()
    together = (block.codes[:, 0] + block.codes[:, 2]) % 2
    target = together + 0.1 * block.dense[:, 0]
    chosen = choose(block, (6, 6, 6), np.hstack([block.dense, block.codes]), target, 0, 5, seed=1)
    assert any({0, 2} <= set(one.keys) for one in _names(chosen)["cross"])


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_no_more_are_kept_than_asked_for(n_classes):
    block = _block()
    rng = np.random.default_rng(1)
    target = rng.normal(size=1_500) if n_classes == 0 else rng.integers(0, n_classes, 1_500).astype(float)
    chosen = choose(block, (6, 6, 6), block.dense, target, n_classes, 7, seed=1)
    assert chosen is None or sum(len(those) for those in chosen[1].values()) <= 7


def test_the_same_seed_chooses_the_same():
    block = _block()
    target = block.dense[:, 0] / (1.5 + np.abs(block.dense[:, 1])) + block.codes[:, 0]
    first, second = (choose(block, (6, 6, 6), block.dense, target, 0, 9, seed=3) for _ in range(2))
    assert first[1] == second[1]


def test_training_rows_do_not_see_their_own_target():
    """With a key per pair of rows, the mean would betray the target of either."""
    rng = np.random.default_rng(0)
    n_rows = 600
    dense = rng.normal(size=(n_rows, 2)).astype(np.float32)
    codes = np.column_stack([np.arange(n_rows) // 20, np.arange(n_rows) % 20 // 2]).astype(np.int32)
    target = rng.normal(size=n_rows)
    block = Block(dense=dense, codes=codes)
    chosen = (Bins.fit(dense), {"cross": [Candidate(keys=(0, 1))]})
    _, features = fit_combined(chosen, block, (30, 10), target, 0, seed=1)
    assert abs(np.corrcoef(features[:, 0], target)[0, 1]) < 0.15


def test_rows_to_come_get_the_features_of_the_program():
    block = _block()
    target = block.dense[:, 0] * block.dense[:, 1] + block.codes[:, 0] * block.codes[:, 1]
    wanted = Configuration(name="any", order=1, encodings=("frequency",), n_combined=10)
    encoder, matrix = fit_training(wanted, block, (6, 6, 6), target, 0, 1)
    again = encoder.transform(block)
    assert matrix.dense.shape == again.dense.shape == (1_500, 5 + 3 + 10)


def test_equal_rows_share_an_inner_fold():
    dense = np.repeat(np.random.default_rng(0).normal(size=(50, 3)), 4, axis=0).astype(np.float32)
    dense[0:4, 1] = np.nan
    for inside, outside in inner_folds(dense, np.zeros((200, 0), np.int32), seed=0):
        assert not set(inside // 4) & set(outside // 4)
        assert len(inside) + len(outside) == 200


def test_every_row_is_inside_once():
    rows = np.concatenate([i for i, _ in inner_folds(_block().dense, _block().codes, seed=0)])
    assert sorted(rows) == list(range(1_500))


def test_bins_tell_values_apart_and_missing_ones():
    dense = np.array([[1.0], [2.0], [np.nan], [2.0], [7.0], [1.0]], dtype=np.float32)
    bins = Bins.fit(dense)
    assert bins.transform(dense)[:, 0].tolist() == [1, 2, 0, 2, 3, 1]
    assert bins.sizes == (4,)
    assert bins.transform(np.array([[-99.0], [1e30]], np.float32))[:, 0].tolist() == [1, 3]


def test_many_values_are_not_binned():
    assert not len(Bins.fit(np.arange(100, dtype=np.float32)[:, None]).columns)


def test_keys_follow_the_codes():
    block = _block()
    block.dense[:, 0] = np.round(block.dense[:, 0])
    rows = ingredients(block, (6, 6, 6), Bins.fit(block.dense))
    assert rows.keys.shape[1] == len(rows.sizes) == 4
    assert np.array_equal(rows.keys[:, :3], block.codes)
    assert rows.keys[:, 3].max() < rows.sizes[3]
