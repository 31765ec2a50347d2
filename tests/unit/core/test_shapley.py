"""Amounts of trees are Shapley's: those of LightGBM, and those of the definition."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.core.edges import Edges, Splitting
from mlwright.core.learner import Matrix
from mlwright.core.shapley import Forest
from mlwright.core.trees import Trees
from mlwright.learners.extra_trees import ExtraTrees
from mlwright.learners.lightgbm import read_trees
from mlwright.testing.worlds import N_CLASSES

from .test_trees import fitted, sample

OBJECTIVES = {"regression": 1, "binary": 1, "multiclass": 3}


def rows_and_target(n_rows=600):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n_rows, 6)).astype(np.float32)
    rows[:, 2] = rng.integers(0, 12, n_rows)
    rows[rng.random(n_rows) < 0.2, 3] = np.nan
    signal = rows[:, 0] * rows[:, 1] + np.sin(rows[:, 2]) + np.isnan(rows[:, 3]) + rng.normal(0, 0.3, n_rows)
    return rows, signal


def boosted(objective, categories=(), **options):
    rows, signal = rows_and_target()
    cuts = {"binary": [0.5], "multiclass": [1 / 3, 2 / 3]}.get(objective)
    target = signal if cuts is None else np.searchsorted(np.quantile(signal, cuts), signal)
    parameters = {
        "objective": objective, "verbosity": -1, "num_threads": 1, "bagging_freq": 1, "bagging_fraction": 0.7,
        "min_data_in_leaf": 2, "max_cat_to_onehot": 2, "min_data_per_group": 2, **options,
    }  # fmt: skip
    if objective == "multiclass":
        parameters["num_class"] = 3
    data = lightgbm.Dataset(rows, target, categorical_feature=list(categories))
    return lightgbm.train(parameters, data, 30), rows


def odd(rows):
    rows = rows[:40].copy()
    rows[::3, 0], rows[1::4, 2], rows[5], rows[6] = np.nan, 99.0, np.nan, 0.0
    return rows


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("categories", [(), (2,)])
@pytest.mark.parametrize("leaves", [2, 7, 60])
def test_amounts_are_those_of_lightgbm(objective, categories, leaves):
    booster, rows = boosted(objective, categories, num_leaves=leaves)
    trees = read_trees(booster.model_to_string(), OBJECTIVES[objective])
    assert trees.is_equal.any() == bool(categories)
    forest = Forest(trees, np.arange(6), 6)
    expected = booster.predict(odd(rows), pred_contrib=True).reshape(40, -1, 7)
    np.testing.assert_allclose(forest.base, expected[0, :, -1], atol=1e-6)
    found = np.stack([forest.amounts(row) for row in odd(rows)])
    np.testing.assert_allclose(found, expected[:, :, :-1], atol=1e-6)


def by_definition(trees, owners, row, n_players):
    """Average over all orders in which players become known, for the first score."""
    splitting = Splitting.of(trees)
    left = splitting.goes_left(row)
    cover = trees.cover.astype(float)

    def count(node):
        if trees.feature[node] < 0:
            return cover[node]
        return count(trees.left[node]) + count(splitting.right[node])

    def value(node, known):
        if trees.feature[node] < 0:
            return float(trees.values[node, 0])
        sides = trees.left[node], splitting.right[node]
        if owners[trees.feature[node]] in known:
            return value(sides[0] if left[node] else sides[1], known)
        return sum(count(side) * value(side, known) for side in sides) / count(node)

    players = range(n_players)
    found = np.zeros(n_players)
    for player in players:
        others = [one for one in players if one != player]
        for size in range(n_players):
            weight = factorial(size) * factorial(n_players - size - 1) / factorial(n_players)
            for known in combinations(others, size):
                gain = sum(value(root, {*known, player}) - value(root, set(known)) for root in trees.roots)
                found[player] += weight * gain
    return found, sum(value(root, set()) for root in trees.roots)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6), st.integers(0, 39))
def test_amounts_of_features_that_become_known_together_are_those_of_the_definition(owners, number):
    booster, rows = boosted("regression", (2,), num_leaves=12)
    trees = read_trees(booster.model_to_string(num_iteration=4), 1)
    forest = Forest(trees, np.array(owners), 4)
    expected, base = by_definition(trees, owners, odd(rows)[number], 4)
    np.testing.assert_allclose(forest.amounts(odd(rows)[number])[0], expected, atol=1e-6)
    assert forest.base[0] == pytest.approx(base, abs=1e-6)


@pytest.mark.parametrize("link", list(N_CLASSES))
def test_base_and_amounts_add_up_to_the_scores_of_extra_trees(link):
    trees = fitted(ExtraTrees(), link, sample(link), rounds=10).model
    rows = sample(link).matrix.dense[:20]
    forest = Forest(trees, np.arange(6), 6)
    found = np.stack([forest.base + forest.amounts(row).sum(axis=1) for row in rows])
    np.testing.assert_allclose(found, trees.scores(Matrix(rows)), rtol=1e-5, atol=1e-6)
    assert np.ptp(found) > 0.1


def test_a_tree_without_a_split_is_a_part_of_the_base():
    alone = {
        "feature": np.array([-1]), "threshold": np.zeros(1), "missing_left": np.zeros(1, bool),
        "left": np.zeros(1, int), "right": np.zeros(1, int), "values": np.array([[2.5]]), "cover": np.ones(1),
    }  # fmt: skip
    trees = Trees.join([alone, dict(alone)], np.zeros(2, int), 1)
    forest = Forest(trees, np.zeros(1, int), 1)
    assert forest.base.tolist() == [5.0]
    assert forest.amounts(np.zeros(1, np.float32)).tolist() == [[0.0]]
    assert len(Edges.of(trees, Splitting.of(trees), np.zeros(1, int), trees.roots).splits) == 0


def test_a_deep_tree_of_many_players_is_exact():
    n_players = 40
    rng = np.random.default_rng(1)
    last = 2 * n_players
    chain = np.arange(0, last, 2)
    feature = np.full(last + 1, -1)
    feature[chain] = np.arange(n_players)
    left, right = np.zeros(last + 1, int), np.zeros(last + 1, int)
    left[chain], right[chain] = chain + 1, chain + 2
    values = rng.normal(size=(last + 1, 1))
    cover = np.where(feature < 0, rng.integers(1, 50, last + 1), 0)
    tree = {
        "feature": feature, "threshold": np.zeros(last + 1), "missing_left": np.zeros(last + 1, bool),
        "left": left, "right": right, "values": np.where(feature[:, None] < 0, values, 0.0), "cover": cover,
    }  # fmt: skip
    trees = Trees.join([tree], np.zeros(1, int), 1)
    forest = Forest(trees, np.arange(n_players), n_players)
    row = np.where(np.arange(n_players) == 30, -1.0, 1.0).astype(np.float32)
    total = forest.base[0] + forest.amounts(row).sum()
    assert total == pytest.approx(trees.scores(Matrix(row[None]))[0, 0], abs=1e-6)


def test_rows_explained_at_the_same_time_do_not_disturb_each_other():
    booster, rows = boosted("binary", num_leaves=60)
    forest = Forest(read_trees(booster.model_to_string(), 1), np.arange(6), 6)
    alone = [forest.amounts(row) for row in rows]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(forest.amounts, rows))
    np.testing.assert_array_equal(together, alone)


def test_a_thread_that_takes_the_spare_memory_first_leaves_others_to_get_their_own():
    class Contended(list):
        def __bool__(self):
            self.clear()  # as another thread does right after this one has asked
            return True

    booster, rows = boosted("binary", num_leaves=4)
    forest = Forest(read_trees(booster.model_to_string(), 1), np.arange(6), 6)
    alone = forest.amounts(rows[0])
    forest._spare = Contended(forest._spare)
    np.testing.assert_array_equal(forest.amounts(rows[0]), alone)
    np.testing.assert_array_equal(forest.amounts(rows[0]), alone)
