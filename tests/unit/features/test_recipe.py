"""The recipe: all steps side by side, in training and in the program."""

import numpy as np
import pytest

from mlwright.core.errors import DataError
from mlwright.core.graph import Graph
from mlwright.features.recipe import Recipe
from mlwright.testing.lowered import run_graph
from mlwright.testing.worlds import no_columns, odd_rows, table


def test_features_stand_where_their_names_say():
    dataset = table()
    recipe = Recipe.fit(dataset, 0)
    block = recipe.transform(dataset.columns, dataset.n_rows)
    assert block.dense.shape == (dataset.n_rows, len(recipe.dense_names))
    assert block.codes.shape == (dataset.n_rows, len(recipe.code_names))
    assert block.terms.shape == (dataset.n_rows, recipe.n_terms)
    assert (block.codes < np.array(recipe.code_sizes)).all()
    size = block.dense[:, recipe.dense_names.index("size")]
    np.testing.assert_array_equal(size, dataset.columns["size"].astype(np.float32))


def test_the_program_makes_the_same_features_of_odd_rows():
    recipe = Recipe.fit(table(), 0)
    rows = odd_rows()
    block = recipe.transform(rows, len(rows["size"]))
    graph = Graph()
    lowered = recipe.lower(graph)
    np.testing.assert_allclose(run_graph(graph, lowered.dense, rows), block.dense, rtol=5e-6, atol=5e-6)
    graph = Graph()
    lowered = recipe.lower(graph)
    np.testing.assert_array_equal(run_graph(graph, lowered.codes, rows), block.codes)


def test_rows_without_columns_are_refused():
    with pytest.raises(DataError, match="Bring more rows"):
        Recipe.fit(no_columns(7), 0)
