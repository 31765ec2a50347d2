"""The recipe: all steps side by side, in training and in the program."""

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.errors import DataError
from mlwright.core.graph import Graph
from mlwright.core.schema import Column, Kind, Role, Schema
from mlwright.core.task import Link, Task
from mlwright.features.recipe import Recipe
from mlwright.testing.lowered import run_graph
from mlwright.testing.worlds import no_columns, odd_rows, table
from mlwright.workflow.build import make_store


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


def test_those_who_learn_see_themes_that_rounding_alone_cannot_move_across_a_split():
    dataset = table()
    recipe = Recipe.fit(dataset, 0)
    block = recipe.transform(dataset.columns, dataset.n_rows)
    settled = recipe.settled(block)
    themes = list(recipe.rounded)
    assert themes
    others = [at for at in range(block.dense.shape[1]) if at not in themes]
    np.testing.assert_array_equal(settled.dense[:, others], block.dense[:, others])
    assert 0 < np.abs(settled.dense - block.dense)[:, themes].max() < 5.1e-5
    for theme in settled.dense[:, themes].T:
        assert np.diff(np.unique(theme)).min(initial=1.0) > 9.9e-5


def test_what_is_searched_with_is_settled():
    dataset = table()
    task = Task(kind="any", link=Link.IDENTITY, target="y", metric="rmse", metrics=("rmse",))
    recipe, store = make_store(dataset, task, 0, [])
    expected = recipe.settled(recipe.transform(dataset.columns, dataset.n_rows))
    np.testing.assert_array_equal(store.block.dense, expected.dense)


def test_rows_without_columns_are_refused():
    with pytest.raises(DataError, match="Bring more rows"):
        Recipe.fit(no_columns(7), 0)


def test_a_column_that_is_called_as_a_feature_of_another_step_is_a_number_like_any_other():
    dataset = table()
    plain = Recipe.fit(dataset, 0)
    theme, day = plain.dense_names[plain.rounded[0]], "since.days"
    assert day in plain.dense_names
    numbers = {name: np.random.default_rng(0).normal(size=dataset.n_rows) for name in (theme, day)}
    added = tuple(Column(name=name, kind=Kind.NUMBER) for name in numbers)
    schema = Schema((*dataset.schema.with_role(Role.TIME, "since"), *added))
    crowded = replace(dataset, schema=schema, columns={**dataset.columns, **numbers})
    recipe = Recipe.fit(crowded, 0)
    steps = [step for step in recipe.steps for _ in step.layout.dense]
    for name, chosen in ((theme, recipe.rounded), (day, recipe.trend)):
        assert recipe.dense_names.count(name) == 2
        (at,) = (i for i in chosen if recipe.dense_names[i] == name)
        assert name not in steps[at].layout.reads
