"""Words for trees: chosen by what they tell, exact in the program."""

import numpy as np
import pytest

from mlwright.core.dataset import Dataset
from mlwright.core.graph import Graph
from mlwright.core.learner import Configuration
from mlwright.core.schema import Column, Kind, Schema
from mlwright.features.encoder import fit_training
from mlwright.features.quick import boost
from mlwright.features.recipe import Recipe
from mlwright.features.words import Words, choose_words
from mlwright.testing.lowered import run_graph

SCHEMA = Schema((Column(name="note", kind=Kind.TEXT),))
RNG = np.random.default_rng(0)
VOCABULARY = [f"word{number}" for number in range(200)]
TEXTS = [" ".join(RNG.choice(VOCABULARY, 12)) for _ in range(1_500)]
TELLING = np.array([("word7" in text.split()) or ("word42" in text.split()) for text in TEXTS])
TARGET = (TELLING ^ (RNG.random(len(TEXTS)) < 0.05)).astype(np.float64)
WANTED = Configuration(name="trees", order=1, encodings=(), n_words=20)


@pytest.fixture(scope="module")
def recipe():
    return Recipe.fit(Dataset(schema=SCHEMA, columns=columns(TEXTS), n_rows=len(TEXTS)), 0)


@pytest.fixture(scope="module")
def block(recipe):
    return recipe.transform(columns(TEXTS), len(TEXTS))


def columns(texts):
    return {"note": np.array(texts, dtype=object)}


def names(recipe, places):
    """Return the terms at these places among those of all bags."""
    (step,) = recipe.steps
    every = [
        " ".join(term) if not bag.of_letters else "".join(term) for bag in step.bags for term in bag.terms
    ]
    return [every[place] for place in places]


@pytest.mark.parametrize("n_classes", [0, 2])
def test_the_words_that_tell_of_the_target_are_among_the_chosen(n_classes, recipe, block):
    chosen = choose_words(block.terms, block.dense, TARGET, n_classes, 20, 0)
    assert {"word7", "word42"} <= set(names(recipe, chosen.places))
    assert len(chosen.places) == 20
    assert (np.diff(chosen.places) > 0).all()


@pytest.mark.parametrize(("n_classes", "n_trees"), [(2, 60), (3, 90), (9, 90), (30, 90), (400, 400)])
def test_the_quick_model_takes_no_longer_for_many_classes(n_classes, n_trees):
    inputs, target = RNG.normal(size=(1_200, 2)), np.arange(1_200.0) % n_classes
    quick = boost(inputs, target, n_classes, 0, rounds=60, most_trees=90)
    assert quick.num_trees() == n_trees


def test_of_several_classes_each_has_its_words(recipe, block):
    target = np.array([2.0 if "word3" in t.split() else 1.0 if "word9" in t.split() else 0.0 for t in TEXTS])
    chosen = choose_words(block.terms, block.dense, target, 3, 10, 0)
    assert {"word3", "word9"} <= set(names(recipe, chosen.places))


def test_what_no_row_told_of_is_not_chosen(block):
    assert choose_words(block.terms, block.dense, np.ones(len(TEXTS)), 0, 20, 0) is None
    assert choose_words(None, block.dense, TARGET, 2, 20, 0) is None


def test_no_more_are_chosen_than_there_are(block):
    few = block.terms[:, :5]
    assert len(choose_words(few, block.dense, TARGET, 2, 20, 0).places) <= 5


def test_many_rows_are_looked_at_in_part_and_alike_each_time(block, monkeypatch):
    monkeypatch.setattr("mlwright.features.words._MOST_ROWS", 400)
    found = [choose_words(block.terms, block.dense, TARGET, 2, 20, 3).places for _ in range(2)]
    np.testing.assert_array_equal(*found)


def test_a_word_is_1_where_it_stands_and_0_where_not_in_the_program_as_here(recipe, block):
    words = Words(np.array([0, 5, 90, 250]))
    found = words.transform(block.terms)
    expected = [[name in text.split() for name in names(recipe, words.places[:3])] for text in TEXTS]
    np.testing.assert_array_equal(found[:, :3], expected)
    odd = columns([*TEXTS[:50], "", "never seen", "word7"])
    graph = Graph()
    in_program = run_graph(graph, words.lower(graph, recipe.lower(graph).terms), odd)
    np.testing.assert_array_equal(in_program, words.transform(recipe.transform(odd, 53).terms))


def test_trees_get_the_words_last_and_know_whose_they_are(block, recipe):
    encoder, matrix = fit_training(WANTED, block, (), TARGET, 2, 0)
    np.testing.assert_array_equal(matrix.dense[:, -20:], encoder.words.transform(block.terms))
    np.testing.assert_array_equal(encoder.transform(block).dense, matrix.dense)
    owners = encoder.owners(recipe.owners, (), recipe.term_owners)
    assert len(owners) == matrix.dense.shape[1]
    assert set(owners) == {("note",)}
