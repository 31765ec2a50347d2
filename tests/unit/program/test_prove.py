"""A translation that is wrong anywhere does not ship."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.errors import ProofError
from mlwright.core.prediction import Prediction
from mlwright.core.trees import Trees
from mlwright.program.compile import compile_program
from mlwright.program.prove import TOLERANCE, prove
from mlwright.program.runtime import Program


def with_model(parts, change, *, of_trees=True):
    """Change the trees, or the other model, leaving what their library said about them."""
    members = list(parts.members)
    at = next(i for i, member in enumerate(members) if isinstance(member.model, Trees) is of_trees)
    members[at] = replace(members[at], fit=replace(members[at].fit, model=change(members[at].model)))
    return replace(parts, members=tuple(members))


def moved(name, by):
    """Return a change that moves one array of the trees."""

    def change(trees):
        return replace(trees, **{name: by(np.array(getattr(trees, name)), trees)})

    return change


def turned(values, trees):
    at = np.flatnonzero(trees.feature >= 0)[:40]
    values[at] = ~values[at]
    return values


WRONG = {
    "thresholds one step lower": moved(
        "threshold", lambda t, _: np.nextafter(t, np.float32(-np.inf), dtype=np.float32)
    ),
    "thresholds one step higher": moved("threshold", lambda t, _: np.nextafter(t, np.float32(np.inf))),
    "leaves a thousandth larger": moved("values", lambda v, _: v * np.float32(1.001)),
    "missing cells to the other side": moved("missing_left", turned),
    "left and right exchanged in a tree": lambda trees: replace(
        trees,
        left=np.where(np.arange(len(trees.left)) == trees.roots[0], trees.right, trees.left),
        right=np.where(np.arange(len(trees.left)) == trees.roots[0], trees.left, trees.right),
    ),
    "a tree lost": lambda trees: replace(trees, roots=trees.roots[1:], target=trees.target[1:]),
}  # fmt: skip


def test_the_parts_hold_trees_and_another_model_in_halves(built):
    assert sorted(isinstance(member.model, Trees) for member in built.parts.members) == [False, True]
    assert [member.weight for member in built.parts.members] == [0.5, 0.5]


def test_what_was_trained_is_proven(built, prepared):
    proof = prove(built.parts, built.program, prepared.train.columns, 5)
    assert proof.n_rows == 256
    assert proof.largest_difference <= TOLERANCE


@pytest.mark.parametrize("what", WRONG)
def test_trees_that_were_read_wrongly_are_refused(built, prepared, what):
    parts = with_model(built.parts, WRONG[what])
    # Without a tree the arrays cannot be written as a program; there the reading alone is wrong.
    program = built.program if what == "a tree lost" else Program(compile_program(parts))
    with pytest.raises(ProofError, match="differs from the library that trained it"):
        prove(parts, program, prepared.train.columns, 0)


def test_a_program_of_other_thresholds_than_the_parts_is_refused(built, prepared):
    wrong = with_model(built.parts, moved("threshold", lambda t, _: t + np.float32(0.3)))
    with pytest.raises(ProofError, match="compiled program differs from the trained model"):
        prove(built.parts, Program(compile_program(wrong)), prepared.train.columns, 0)


def test_a_program_of_other_coefficients_is_refused(built, prepared):
    def change(model):
        return replace(model, bias=model.bias + np.float32(1e-3))

    wrong = with_model(built.parts, change, of_trees=False)
    with pytest.raises(ProofError, match="compiled program differs from the trained model"):
        prove(built.parts, Program(compile_program(wrong)), prepared.train.columns, 0)


class Neighborly:
    """A program whose answers look at how many rows there are, in the last bit."""

    def __init__(self, program):
        self.columns, self._run = program.columns, program.run

    def run(self, columns):
        scores = self._run(columns).scores
        return Prediction(scores if len(scores) == 1 else np.nextafter(scores, 2.0))


def test_a_program_whose_rows_see_each_other_is_refused(built, prepared):
    with pytest.raises(ProofError, match="depends on the rows around it"):
        prove(built.parts, Neighborly(built.program), prepared.train.columns, 0)


class Silent:
    """A program that answers NaN."""

    def __init__(self, program):
        self.columns, self._run = program.columns, program.run

    def run(self, columns):
        return Prediction(self._run(columns).scores * np.nan)


def test_a_program_that_answers_nothing_is_refused(built, prepared):
    with pytest.raises(ProofError, match="differs from the trained model"):
        prove(built.parts, Silent(built.program), prepared.train.columns, 0)


def test_the_same_parts_give_the_same_bytes(built):
    assert compile_program(built.parts) == built.data
