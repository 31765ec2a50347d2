"""A program explains its answers: the amounts add up, and are those of the parts that it was made of."""

from __future__ import annotations

import json
from dataclasses import replace

import lightgbm
import numpy as np
import onnx
import pytest

from mlwright.core.errors import ArtifactError, UsageError
from mlwright.core.learner import Configuration, Fit, Limits, Sample, Shape
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link, Task, answers
from mlwright.features.encoder import fit_training
from mlwright.features.recipe import Recipe
from mlwright.learners.lightgbm import read_trees
from mlwright.program.compile import Parts, compile_program
from mlwright.program.explain import Explainer
from mlwright.program.runtime import Program
from mlwright.program.shares import along
from mlwright.program.sums import SUMS
from mlwright.testing.worlds import N_CLASSES, odd_rows, rows_of, table
from mlwright.tuning.trial import Member

PLAIN = Configuration(name="any", order=1, encodings=())
CLASSES = {Link.IDENTITY: (), Link.SIGMOID: ("no", "yes"), Link.SOFTMAX: ("a", "b", "c")}
links = pytest.mark.parametrize("link", list(N_CLASSES))
every_learner = pytest.mark.parametrize("name", LEARNERS.names())


def task(link, **more):
    return Task(kind="any", link=link, target="y", metric="m", metrics=("m",), classes=CLASSES[link], **more)


def world(link):
    """A table with every kind of column, as features, and a target that suits the link."""
    dataset = table(n_rows=300)
    recipe = Recipe.fit(dataset, 0)
    values = (dataset.target - dataset.target.mean()) / dataset.target.std()
    n_classes = len(CLASSES[link])
    if n_classes:
        cuts = np.quantile(values, np.arange(1, n_classes) / n_classes)
        values = np.searchsorted(cuts, values).astype(np.float64)
    return dataset, recipe, values


def parts_of(link, names, factors=(), n_combined=0):
    """Fit learners on the whole table; they share the answer."""
    dataset, recipe, target = world(link)
    block = recipe.transform(dataset.columns, dataset.n_rows)
    n_classes, members = len(CLASSES[link]), []
    for name in names:
        learner = LEARNERS.get(name)
        encodings = ("one_hot", "target_mean", "frequency")
        wanted = Configuration(name=name, order=1, encodings=encodings, n_combined=n_combined)
        encoder, matrix = fit_training(wanted, block, recipe.code_sizes, target, n_classes, 0)
        shape = Shape(
            n_rows=300, n_dense=block.dense.shape[1], n_codes=2, n_terms=recipe.n_terms,
            n_scores=n_classes if link is Link.SOFTMAX else 1, link=link,
        )  # fmt: skip
        sample = Sample(matrix, target, None, n_classes)
        fit = learner.fit(learner.configurations(shape)[0], sample, None, link, Limits(rounds=5))
        members.append(Member(name, 1 / len(names), encoder, fit))
    scale = {} if n_classes else {"scale": 3.0, "offset": 10.0}
    return dataset, Parts(task(link, **scale), recipe, tuple(members), factors)


def explained(parts, columns):
    data = compile_program(parts)
    program = Program(data)
    return program, Explainer(data, program).explain(columns)


@links
@every_learner
def test_the_amounts_add_up_to_the_answer(link, name):
    dataset, parts = parts_of(link, [name])
    program, found = explained(parts, dataset.columns)
    answers_here = program.run(dataset.columns).scores
    np.testing.assert_allclose(found.base + found.amounts.sum(axis=2), answers_here, atol=1e-6)
    np.testing.assert_array_equal(found.answers, answers_here)
    assert found.columns == parts.recipe.reads
    moved = np.abs(found.amounts).max()
    assert moved > 0.01 if name != "constant" else moved < 1e-7


@links
def test_a_blend_with_combined_features_and_calibration_adds_up_before_it_is_made_exact(link, monkeypatch):
    factors = (0.7, 1.1, 1.6) if link is Link.SOFTMAX else ()
    monkeypatch.setattr("mlwright.program.explain._FARTHEST", 2e-5)
    dataset, parts = parts_of(link, ["lightgbm", "linear", "network", "constant"], factors, n_combined=12)
    program, found = explained(parts, dataset.columns)
    answers_here = program.run(dataset.columns).scores
    np.testing.assert_allclose(found.base + found.amounts.sum(axis=2), answers_here, atol=1e-6)


def test_trees_that_read_other_features_each_are_explained_side_by_side():
    """Also where there are words, which trees do not read."""
    dataset, plain = parts_of(Link.SIGMOID, ["lightgbm", "extra_trees"])
    _, combined = parts_of(Link.SIGMOID, ["lightgbm"], n_combined=12)
    assert plain.recipe.n_terms
    members = [replace(one, weight=1 / 3) for one in (*plain.members, *combined.members)]
    program, found = explained(replace(plain, members=tuple(members)), dataset.columns)
    total = found.base + found.amounts.sum(axis=2)
    np.testing.assert_allclose(total, program.run(dataset.columns).scores, atol=1e-6)


def test_odd_cells_are_explained_too():
    _, parts = parts_of(Link.SIGMOID, ["lightgbm", "linear", "network"])
    rows = odd_rows()
    program, found = explained(parts, rows)
    assert np.isfinite(found.amounts).all()
    total = found.base + found.amounts.sum(axis=2)
    np.testing.assert_allclose(total, program.run(rows).scores, atol=1e-6)


def test_the_amounts_of_a_row_do_not_depend_on_the_rows_around_it():
    dataset, parts = parts_of(Link.SIGMOID, ["lightgbm", "linear", "network"])
    data = compile_program(parts)
    explainer = Explainer(data, Program(data))
    whole = explainer.explain(dataset.columns).amounts
    for rows in ([7], [9, 7, 280]):
        found = explainer.explain(rows_of(dataset.columns, np.array(rows))).amounts
        np.testing.assert_array_equal(found, whole[rows])
    none = explainer.explain(rows_of(dataset.columns, np.array([], dtype=int)))
    assert none.amounts.shape == (0, 2, len(none.columns))


@links
def test_one_model_of_trees_on_plain_numbers_is_explained_as_by_its_library(link):
    rng = np.random.default_rng(0)
    names = ("size", "spend", "is_new")
    dataset = table(n_rows=300)
    schema = type(dataset.schema)(tuple(c for c in dataset.schema if c.name in names))
    dataset = replace(dataset, schema=schema, columns={name: dataset.columns[name] for name in names})
    recipe = Recipe.fit(dataset, 0)
    block = recipe.transform(dataset.columns, 300)
    n_classes = len(CLASSES[link])
    target = rng.integers(0, n_classes, 300) if n_classes else dataset.target - dataset.target.mean()
    target = np.where(dataset.columns["size"] > 11, 0, target) if n_classes else target
    parameters = {"objective": "regression", "verbosity": -1, "num_threads": 1, "num_leaves": 8}
    if n_classes:
        parameters["objective"] = "binary" if n_classes == 2 else "multiclass"
    if n_classes > 2:
        parameters["num_class"] = n_classes
    booster = lightgbm.train(parameters, lightgbm.Dataset(block.dense, target), 20)
    n_scores = max(1, n_classes if n_classes > 2 else 1)
    model = read_trees(booster.model_to_string(), n_scores)
    encoder, _ = fit_training(PLAIN, block, recipe.code_sizes, target.astype(float), n_classes, 0)
    parts = Parts(task(link), recipe, (Member("one", 1.0, encoder, Fit(model=model)),))
    _, found = explained(parts, dataset.columns)
    expected = booster.predict(block.dense, pred_contrib=True).reshape(300, n_scores, 4)
    base = answers(link, expected[:1, :, -1])[0]
    np.testing.assert_allclose(found.base, base, atol=1e-6)
    amounts = expected[:, :, :-1]
    if (
        link is Link.SIGMOID
    ):  # every amount times the same: the change of the chance over that of the log odds
        change = answers(link, expected.sum(axis=2))[:, 1] - base[1]
        amounts = amounts * (change / amounts.sum(axis=2)[:, 0])[:, None, None]
        amounts = np.concatenate([-amounts, amounts], axis=1)
    elif link is Link.SOFTMAX:  # every amount times the mean slope along the way; a sum over many small steps
        steps = (np.arange(4_000) + 0.5) / 4_000
        for row in range(3):
            change = amounts[row].sum(axis=1)
            shares = answers(link, expected[0, :, -1] + steps[:, None] * change)
            slopes = np.diag(shares.mean(axis=0)) - shares.T @ shares / len(steps)
            np.testing.assert_allclose(found.amounts[row], slopes @ amounts[row], atol=1e-6)
        return
    np.testing.assert_allclose(found.amounts, amounts, atol=1e-6)


def test_a_linear_model_is_explained_by_its_weights():
    dataset, parts = parts_of(Link.IDENTITY, ["linear"])
    _, found = explained(parts, dataset.columns)
    scores = parts.answer(dataset.columns, 300).values
    # The average row has the average answer, but for categories, which are encoded out of fold in training.
    np.testing.assert_allclose(found.base[0], scores.mean(), atol=0.05)
    # A cell that changes moves the amount of its own column alone.
    changed = {**dataset.columns, "is_new": 1.0 - dataset.columns["is_new"]}
    _, other = explained(parts, changed)
    difference = np.abs(other.amounts - found.amounts)[:, 0]
    at = found.columns.index("is_new")
    assert difference[:, at].min() > 1e-3
    assert np.delete(difference, at, axis=1).max() < 1e-5


def test_features_of_two_columns_are_shared_equally():
    """Trees that see nothing but a product of two columns."""
    dataset, recipe, _ = world(Link.IDENTITY)
    block = recipe.transform(dataset.columns, 300)
    product = np.nan_to_num(block.dense[:, 0]) * np.nan_to_num(block.dense[:, 1])
    target = (product - product.mean()) / product.std()
    encoder, matrix = fit_training(replace(PLAIN, n_combined=6), block, recipe.code_sizes, target, 0, 0)
    owners = encoder.owners(recipe.owners, tuple((name,) for name in recipe.code_names))
    pairs = [n for n, names in enumerate(owners) if len(names) == 2]
    assert len(owners) == matrix.dense.shape[1]
    assert pairs, "something is combined"
    seen = np.zeros_like(matrix.dense)
    seen[:, pairs[0]] = matrix.dense[:, pairs[0]]
    booster = lightgbm.train({"verbosity": -1, "num_threads": 1}, lightgbm.Dataset(seen, target), 5)
    model = read_trees(booster.model_to_string(), 1)
    parts = Parts(task(Link.IDENTITY), recipe, (Member("one", 1.0, encoder, Fit(model=model)),))
    _, found = explained(parts, dataset.columns)
    moved = {found.columns[n] for n in np.flatnonzero(np.abs(found.amounts[:, 0]).max(axis=0) > 0)}
    assert moved == set(owners[pairs[0]])
    one, other = (found.amounts[:, 0, found.columns.index(name)] for name in owners[pairs[0]])
    np.testing.assert_allclose(one, other, atol=1e-9)


def test_what_goes_through_a_function_adds_up_to_its_change():
    rng = np.random.default_rng(0)

    def function(values):
        slopes = np.stack([np.eye(3)[:2] * np.cos(one) for one in values])
        return np.sin(values)[:, :2], slopes

    base, amounts = rng.normal(size=3), rng.normal(size=(3, 5))
    start, moved = along(function, base, amounts)
    np.testing.assert_allclose(start + moved.sum(axis=1), np.sin(base + amounts.sum(axis=1))[:2], atol=1e-12)


def changed_facts(built, change):
    proto = onnx.load_from_string(built.data)
    fact = next(one for one in proto.metadata_props if one.key == SUMS)
    told = json.loads(fact.value)
    fact.value = json.dumps(change(told))
    return proto.SerializeToString(deterministic=True)


def test_a_program_that_does_not_say_what_it_adds_up_says_so(built):
    data = changed_facts(built, lambda _: None)
    with pytest.raises(UsageError, match="Train it again"):
        Explainer(data, Program(data))


def test_a_program_with_a_silent_member_names_it(built):
    data = changed_facts(built, lambda told: {**told, "silent": ["mystery"]})
    with pytest.raises(UsageError, match="'mystery' is a part of it"):
        Explainer(data, Program(data))


def test_a_program_that_says_what_is_not_true_is_found_out(built, prepared):
    def heavier(told):
        told["parts"][0]["weight"] *= 1.5
        return told

    data = changed_facts(built, heavier)
    explainer = Explainer(data, Program(data))
    with pytest.raises(ArtifactError, match="add up to another answer"):
        explainer.explain(prepared.train.columns)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: {key: told[key] for key in ("silent", "link")},
        lambda told: {**told, "players": [[99]]},
        lambda told: {**told, "parts": [{**told["parts"][0], "owners": [0]}, *told["parts"][1:]]},
        lambda told: {**told, "parts": [{**told["parts"][0], "reads": ["nothing"]}]},
        lambda told: {**told, "link": "chain"},
    ],
)
def test_nonsense_about_the_parts_is_refused(built, change):
    data = changed_facts(built, change)
    with pytest.raises(ArtifactError):
        Explainer(data, Program(data))


def test_the_cover_of_trees_changes_no_answer(built, prepared):
    members = [
        replace(m, fit=replace(m.fit, model=replace(m.model, cover=m.model.cover * 0)))
        if hasattr(m.model, "cover")
        else m
        for m in built.parts.members
    ]
    other = Program(compile_program(replace(built.parts, members=tuple(members))))
    here = prepared.test.columns
    np.testing.assert_array_equal(other.run(here).scores, built.program.run(here).scores)
