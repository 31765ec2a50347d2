"""The store: what is saved is what is loaded."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import random as random_sparse

from mlwright.core.step import Block
from mlwright.tuning.store import Store


@pytest.mark.parametrize("has_terms", [False, True])
@pytest.mark.parametrize("has_weights", [False, True])
def test_a_store_comes_back_as_it_was(store, tmp_path, has_terms, has_weights):
    terms = random_sparse(store.n_rows, 7, density=0.3, format="csr", dtype=np.float32) if has_terms else None
    block = Block(dense=store.block.dense, codes=store.block.codes, terms=terms)
    store = replace(store, block=block, weights=np.arange(120.0) if has_weights else None)
    store.save(tmp_path / "here")
    again = Store.load(tmp_path / "here")
    np.testing.assert_array_equal(again.block.dense, store.block.dense)
    np.testing.assert_array_equal(again.block.codes, store.block.codes)
    np.testing.assert_array_equal(again.target, store.target)
    assert (again.weights is None) == (not has_weights)
    assert (again.link, again.n_classes, again.code_sizes) == (store.link, store.n_classes, store.code_sizes)
    assert again.shape == store.shape
    assert len(again.folds) == 2
    for one, other in zip(again.folds, store.folds, strict=True):
        for mine, yours in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, yours)
    if has_terms:
        assert (again.block.terms != terms).nnz == 0
        assert again.rows(np.array([3, 1])).terms.shape == (2, 7)


def test_a_store_without_columns_or_folds_comes_back(store, tmp_path):
    nothing = Block(dense=np.empty((120, 0), np.float32), codes=np.empty((120, 0), np.int32))
    replace(store, block=nothing, code_sizes=(), folds=()).save(tmp_path / "here")
    again = Store.load(tmp_path / "here")
    assert again.shape.n_dense == 0
    assert again.folds == ()


def test_only_arrays_and_json_are_written(folder):
    assert {path.suffix for path in folder.iterdir()} == {".npy", ".json"}


def test_a_trend_can_be_made_unknown(store, tmp_path):
    replace(store, trend=(1,)).save(tmp_path / "here")
    again = Store.load(tmp_path / "here")
    rows = np.arange(5)
    assert np.isnan(again.rows(rows, ignores_trend=True).dense[:, 1]).all()
    np.testing.assert_array_equal(again.rows(rows, ignores_trend=True).dense[:, 0], store.block.dense[:5, 0])
    np.testing.assert_array_equal(again.rows(rows).dense, store.block.dense[:5])
