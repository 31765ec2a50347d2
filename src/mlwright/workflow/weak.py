"""Where the model is worse than elsewhere, found on training rows and confirmed on the sealed test."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.finding import Finding, Severity
from mlwright.core.said import one_after_the_other, said
from mlwright.core.seeds import stream
from mlwright.core.shelves import METRICS
from mlwright.core.task import Link, losses
from mlwright.evaluation.slices import Slice, conditions
from mlwright.evaluation.weakness import LEVEL, mean_estimate, promising, weak_slices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlwright.core.arrays import Array, Columns, Floats, Integers
    from mlwright.core.budget import Budget
    from mlwright.core.dataset import Dataset
    from mlwright.core.prediction import Prediction
    from mlwright.core.schema import Column
    from mlwright.core.task import Task
    from mlwright.evaluation.slices import Condition
    from mlwright.evaluation.weakness import Weakness
    from mlwright.tuning.search import Search
    from mlwright.workflow.prepare import Prepared

_MOST_ROWS = 30_000
_NEEDED_S, _LEFT_SHARE = 1.0, 0.5
"""Looking for slices begins with a second left or more [s], and leaves half of the time that is left."""
_LOSSES = {Link.IDENTITY: "mae", Link.SIGMOID: "log_loss", Link.SOFTMAX: "log_loss"}
"""The metric whose mean over rows is compared."""


def search_slices(
    prepared: Prepared, search: Search, prediction: Prediction, seed: int, budget: Budget
) -> dict[str, Any]:
    """Return "slices", the weak ones, and "slice_search", how they were looked for.

    Candidates are single conditions on columns and pairs of them. Those that look weak by the answers out of
    fold to training rows are tested on the sealed test, which has no part in choosing them.
    `prediction` are the answers to the sealed test.
    """
    name = _LOSSES[prepared.task.link]
    nothing = {"n_tested": 0, "metric": name, "method": "Holm", "level": LEVEL, "n_rows": 0, "why_not": None}
    if budget.left_s < _NEEDED_S:
        return {"slices": [], "slice_search": {**nothing, "why_not": said("there was no time left")}}
    rows = _some(prepared.test.n_rows, seed)
    test, given = prepared.test.take(rows), prediction.take(rows)
    assert test.target is not None  # noqa: S101 - the sealed test has a target
    columns = {**test.columns, **test.watched}
    lost = row_losses(prepared.task, test.target, given)
    enough_s = _LEFT_SHARE * budget.left_s
    slices = _promising(prepared, search, seed, lambda: budget.left_s >= enough_s)
    found, n_tested = weak_slices(slices, columns, lost, test.alike)
    surprise = None if prepared.task.link is Link.IDENTITY else lost - _own_losses(given)
    told = [_told(one, name, surprise, test.alike) for one in found]
    return {"slices": told, "slice_search": {**nothing, "n_tested": n_tested, "n_rows": len(rows)}}


def row_losses(task: Task, truth: Floats, prediction: Prediction) -> Floats:
    """Return the loss of each row: log loss of classes, distance of values; shape (n_rows,)."""
    if task.link is Link.IDENTITY:
        distance: Floats = np.abs(prediction.values - truth)
        return distance
    return losses(task.link, truth, prediction.scores)


def watched_columns(prepared: Prepared) -> list[Column]:
    """Return the columns that slices are made of: features, and those that the user wants to see."""
    there = {**prepared.train.columns, **prepared.train.watched}
    return [column for column in prepared.schema if column.name in there]


def conditions_of(prepared: Prepared, column: Column) -> list[Condition]:
    """Divide a column by its training rows."""
    train = prepared.train
    return conditions(column, {**train.columns, **train.watched}[column.name])


def weak_slice(parts: Mapping[str, Any]) -> list[Finding]:
    """Say where the model is weakest, if it is anywhere; `parts` is what `search_slices` returns."""
    slices = parts["slices"]
    if not slices:
        return []
    worst, n_tested = slices[0], parts["slice_search"]["n_tested"]
    inside, outside = (worst[side]["value"] for side in ("inside", "outside"))
    remedy: str = said(
        "Bring more rows like these or columns that tell them apart, or leave such rows to people."
    )
    if worst["is_surprised"]:
        too_sure = said("It does not know that: it is too sure of its answers there.")
        remedy = one_after_the_other([too_sure, remedy])
    return [
        Finding(
            rule="weak_slice",
            severity=Severity.WARNING if worst["is_surprised"] else Severity.NOTE,
            column=worst["columns"][0] if len(worst["columns"]) == 1 else "",
            message=said(
                "The model is worse where {rule}: {metric} {inside:.3g} on {n:,} test rows, {outside:.3g} "
                "elsewhere.",
                rule=worst["rule"],
                metric=METRICS.get(worst["metric"]).title,
                inside=inside,
                n=worst["n"],
                outside=outside,
            ),
            evidence={"slices": len(slices), "n_tested": n_tested, "p_adjusted": worst["p_adjusted"]},
            remedy=remedy,
        )
    ]


def _promising(prepared: Prepared, search: Search, seed: int, has_time: Callable[[], bool]) -> list[Slice]:
    """Return what to test: by answers out of fold, or every single condition if there are none.

    Of very many columns, those that time does not reach are left out.
    """
    reached = takewhile(lambda _: has_time(), watched_columns(prepared))
    found = (one for column in reached for one in conditions_of(prepared, column))
    known = [trial for trial in search.finished if trial.number > 0 and trial.weight > 0]
    if not known:
        return [Slice((one,)) for one in found]
    judged = np.concatenate([valid for _, valid in search.store.folds])
    some = _some(len(judged), seed)
    given, target = search.blended()[some], search.target[some]
    lost = np.abs(given[:, 0] - target)
    if search.store.link is not Link.IDENTITY:
        lost = losses(search.store.link, target, given)
    train = _taken(prepared.train, judged[some])
    return promising(found, train, lost)


def _taken(dataset: Dataset, rows: Integers) -> Columns:
    return {name: values[rows] for name, values in {**dataset.columns, **dataset.watched}.items()}


def _told(one: Weakness, metric: str, surprise: Floats | None, groups: Array | None) -> dict[str, Any]:
    """Return a slice for the evidence."""
    is_surprised = False
    if surprise is not None:
        here = None if groups is None else groups[one.mask]
        is_surprised = mean_estimate(surprise[one.mask], here).low > 0
    return {
        "rule": one.slice.rule,
        "columns": list(one.slice.columns),
        "metric": metric,
        "n": int(one.mask.sum()),
        "share": float(one.mask.mean()),
        "inside": one.inside.to_json(),
        "outside": one.outside.to_json(),
        "p_adjusted": one.p_adjusted,
        "is_surprised": is_surprised,
    }


def _own_losses(prediction: Prediction) -> Floats:
    """Return the log loss that each row would have on average if its probabilities were true."""
    shares = np.clip(prediction.scores, 1e-7, 1.0)
    expected: Floats = -(shares * np.log(shares)).sum(axis=1)
    return expected


def _some(n_rows: int, seed: int) -> Integers:
    chosen: Integers = np.sort(stream(seed, "slices").permutation(n_rows)[:_MOST_ROWS])
    return chosen
