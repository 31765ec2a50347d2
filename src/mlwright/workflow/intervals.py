"""Prediction intervals and sets: calibrated on rows the models had not seen, judged on the sealed test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.said import said
from mlwright.core.schema import Kind
from mlwright.evaluation.conformal import USUAL_LEVEL, Conformal, Mode, scores
from mlwright.evaluation.coverage import coverage, cuts
from mlwright.evaluation.several import clearly_off

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.dataset import Dataset
    from mlwright.core.prediction import Prediction
    from mlwright.evaluation.coverage import Coverage
    from mlwright.tuning.outoffold import OutOfFold
    from mlwright.workflow.build import Built
    from mlwright.workflow.prepare import Prepared

_LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
_MOST_COLUMNS = 3


def calibrate(prepared: Prepared, judged: Built, known: OutOfFold | None) -> Conformal | None:
    """Take quantiles of the errors of rows held back or, without them, of those made out of fold.

    In time order both were made forward in time, and no promise can be given: they count together, since
    more stretches of time tell more about those to come.
    """
    held = prepared.held
    if held is None:
        return (
            None if known is None else Conformal.fit(Mode.APPROXIMATE, *_out_of_fold(prepared, judged, known))
        )
    assert held.target is not None  # noqa: S101 - rows held back have a target
    missed, alike = scores(held.target, judged.program.run(held.columns)), held.alike
    if known is None or held.times is None or held.groups is not None or alike is None:
        return Conformal.fit(Mode.CERTIFIED, missed, alike)
    before, stretches = _out_of_fold(prepared, judged, known)
    assert stretches is not None  # noqa: S101 - rows with times stand in stretches
    missed, alike = np.append(before, missed), np.append(stretches, alike + stretches.max() + 1)
    return Conformal.fit(Mode.CERTIFIED, missed, alike, is_promised=False)


def _out_of_fold(prepared: Prepared, judged: Built, known: OutOfFold) -> tuple[Floats, Array | None]:
    """Return how badly answers out of fold missed, shape (n_rows,), and which rows err alike."""
    task, parts = prepared.task, judged.parts
    prediction = known.prediction(task, parts.factors, parts.spread)
    truth = known.target if task.classes else known.target * task.scale + task.offset
    # Stretches of time err alike. Groups do too, but few of them would promise nothing at all.
    alike = prepared.train.alike if prepared.train.groups is None else None
    return scores(truth, prediction), None if alike is None else alike[known.rows]


def judge_intervals(
    prepared: Prepared,
    conformal: Conformal | None,
    prediction: Prediction,
    importance: list[dict[str, Any]],
    seed: int,
) -> dict[str, Any]:
    """Measure on the sealed test how often intervals or sets hold the truth, and how large they are."""
    if conformal is None or not conformal.highest:
        why = said("too few rows")
        if conformal is None:
            why = said("the run ended before a candidate was complete")
        return {"mode": None, "why": why}
    test, truth = prepared.test, prepared.test.target
    assert truth is not None  # noqa: S101 - the sealed test has a target
    level = min(USUAL_LEVEL, conformal.highest)

    cut = cuts(prediction, [str(label) for label in prepared.task.classes], _categories(test, importance))
    levels = sorted({level, *(at for at in _LEVELS if at <= conformal.highest)})
    asked: list[Any] = [*((at, None) for at in levels), *((level, part.rows) for part in cut)]
    measured = coverage(truth, prediction, conformal, asked, groups=test.alike, seed=seed)
    if not prepared.task.classes:
        measured[: len(levels)] = _nested(measured[: len(levels)])
    found = [{"coverage": one.covered.to_json(), "size": one.size.to_json()} for one in measured]
    off = clearly_off([one.covered for one in measured[len(levels) :]], level)
    return {
        "mode": conformal.mode.value,
        "why": _why(prepared, conformal),
        "answers": "sets" if prepared.task.classes else "intervals",
        "depends_on": _depends_on(prepared, prediction),
        "n_rows": conformal.n_rows,
        "n_groups": conformal.n_groups,
        "highest_level": conformal.highest,
        "level": level,
        **found[levels.index(level)],
        "levels": [{"level": at, **one} for at, one in zip(levels, found, strict=False)],
        "slices": [
            {"column": part.column or None, "slice": part.name, "n": int(part.rows.sum()), "off": side, **one}
            for part, side, one in zip(cut, off, found[len(levels) :], strict=True)
        ],
    }


def _nested(measured: list[Coverage]) -> list[Coverage]:
    """Bound each level by the ones below it too: wider ranges hold whatever narrower ones do."""
    found = measured[:1]
    for one in measured[1:]:
        low = max(one.covered.low, found[-1].covered.low)
        found.append(replace(one, covered=replace(one.covered, low=low)))
    return found


def _why(prepared: Prepared, conformal: Conformal) -> str:
    if conformal.mode is Mode.APPROXIMATE:
        return said(
            "errors on training rows, each answered by models that had not seen it; nothing is promised"
        )
    if prepared.train.times is not None:
        return said(
            "the latest training rows were held back and answered by a program that had not learned from "
            "them, as were earlier ones in the folds; the level is kept as long as stretches of time to come "
            "are like these, which nobody can promise"
        )
    if conformal.n_groups is not None:
        return said(
            "whole groups were held back and answered by the program that ships; for a row of a new group "
            "of the same kind the level is kept on average, whatever the model"
        )
    return said(
        "rows were held back and answered by the program that ships; for a new row from the same source "
        "the level is kept on average, whatever the model"
    )


def _depends_on(prepared: Prepared, prediction: Prediction) -> str:
    if prepared.task.classes:
        return said("the probabilities of the row")
    if prediction.difficulty is None:
        return said("the level alone: no row could be told to be harder than others")
    return said("the value and, in a blend, how far its members disagree about it")


def _categories(test: Dataset, importance: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the cells of the categories that matter most."""
    kinds = {column.name: column.kind for column in test.schema}
    named = [item["column"] for item in importance] or list(test.columns)
    chosen = [name for name in named if kinds.get(name) is Kind.CATEGORY and name in test.columns]
    return {name: test.columns[name] for name in chosen[:_MOST_COLUMNS]}
