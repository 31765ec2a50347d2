"""A translation that is wrong anywhere does not ship."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.errors import ProofError
from mlwright.core.prediction import Prediction
from mlwright.core.progress import silence
from mlwright.core.trees import Trees
from mlwright.program.compile import Parts, compile_program
from mlwright.program.prove import TOLERANCE, on_a_tie, probe_columns, prove
from mlwright.program.runtime import Program
from mlwright.workflow.fit import fit
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import prepare
from mlwright.workflow.run import open_run


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


@pytest.fixture(scope="module")
def on_themes():
    """Trees with a split on the theme of the sixth row to try, those rows, and the training rows."""
    rng = np.random.default_rng(0)
    words = np.array("late broken blue parcel thanks refund again box please never".split())  # noqa: SIM905
    notes = [" ".join(rng.choice(words, 8)) for _ in range(200)]
    rows = {"note": notes, "y": [note.count("late") - note.count("thanks") + rng.normal() for note in notes]}
    options = TrainOptions(max_trials=3, refit="no")
    prepared = prepare(rows, "y", options)
    with open_run(options) as run:
        fitted = fit(prepared, options, Budget(max_trials=3), silence, run)
    (member,) = next(t for t in fitted.search.trials if "small trees" in t.configuration.name).fold_members(
        1.0
    )[:1]
    parts = Parts(prepared.task, fitted.judged.parts.recipe, (member,))
    tried = probe_columns(parts, prepared.train.columns, 0)
    themes = parts.recipe.transform(tried, len(tried["note"])).dense
    threshold = np.array(member.model.threshold)
    is_split = member.model.feature == 0
    threshold[is_split] = np.quantile(themes[:, 0], 0.5) + 1.0  # far from every row, but for one
    threshold[np.flatnonzero(is_split)[0]] = themes[5, 0]
    trees = replace(member.model, threshold=threshold)
    probe = replace(member.fit, model=trees, probe_scores=None)
    return replace(parts, members=(replace(member, fit=probe),)), tried, prepared.train.columns


def test_rows_whose_theme_lies_on_a_split_are_ties(on_themes):
    parts, tried, _ = on_themes
    assert parts.recipe.rounded
    found = on_a_tie(parts, tried, len(tried["note"]))
    assert found[5]
    assert found.mean() < 0.3


def test_on_a_tie_either_side_is_proven_and_elsewhere_none_but_the_right_one(on_themes):
    parts, _, columns = on_themes
    (member,) = parts.members

    def moved_by(step):
        before = member.model.threshold  # zeros are exact: nothing may move them over a split
        trees = replace(member.model, threshold=before + np.float32(step) * (np.abs(before) > 1e-6))
        other = replace(member, fit=replace(member.fit, model=trees))
        return Program(compile_program(replace(parts, members=(other,))))

    prove(parts, moved_by(0.0), columns, 0)
    prove(parts, moved_by(1e-7), columns, 0)
    with pytest.raises(ProofError, match="compiled program differs from the trained model"):
        prove(parts, moved_by(1e-2), columns, 0)
