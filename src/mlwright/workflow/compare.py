"""Two models on the same rows: a paired verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.dataset import Dataset, Typed
from mlwright.core.errors import MissingColumnError, UsageError
from mlwright.core.said import said, spelled
from mlwright.core.shelves import METRICS
from mlwright.core.task import check_of_rows
from mlwright.data.read import read
from mlwright.evaluation.score import compare as differ
from mlwright.evaluation.score import estimate
from mlwright.evaluation.verdict import Answer, Verdict, verdict
from mlwright.workflow.changes import Both, changes, what_changed
from mlwright.workflow.prepare import group_numbers, row_times, typed_rows
from mlwright.workflow.seen import seen

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.evaluation import Estimate
    from mlwright.core.prediction import Prediction
    from mlwright.core.task import Task
    from mlwright.workflow.prepare import Prepared

_MATTERS_SHARE = 0.01
"""A difference matters from this share of the old model's score on, unless the user says otherwise."""


def compare(
    old: Model,
    new: Model,
    data: object,
    *,
    metric: str | None = None,
    matters: float | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare the model in place with a new one on labeled rows that neither has seen.

    Parameters
    ----------
    metric
        What to compare by; the new model's own metric unless given.
    matters
        The smallest difference that would change anything, in units of the metric; one percent of
        the old model's score unless given.

    Returns
    -------
    "verdict", "why", "difference" (new minus old, paired on the same resampled rows), "metric", "old"
    and "new" (their scores), "n_rows", "n_needed" and "seen" (the share of the rows that each of the two has
    learned from, null where that is not known): there is no verdict by rows that one of them knows; and
    "changes": which answers changed, where and why, see `changes`.

    Raises
    ------
    UsageError
        The models answer different questions, or the metric is not one of theirs.
    """
    check_of_rows(new.task, "Comparing row by row")
    name = check_question(old.task, new.task, metric)
    if matters is not None and not matters >= 0:
        message = f"A difference that matters is 0 or more, got {matters!r}."
        raise UsageError(message)
    raw = read(data)
    columns, truth, known = typed_rows(raw, new.schema, new.task)
    others, same, _ = typed_rows(raw, old.schema, old.task)
    if not np.array_equal(truth, same, equal_nan=True):
        message = f"The models read the target {new.task.target!r} differently, so they cannot be compared."
        raise UsageError(message)
    rows = Dataset(
        schema=new.schema,
        columns=columns,
        n_rows=len(truth),
        groups=group_numbers(new.schema, raw, known),
        times=row_times(new.schema, raw, known),
    )
    rows = replace(rows, target=truth)
    before, after = old.answer(Typed(others)), new.answer(Typed(columns))
    found = _paired(name, rows, after, before, matters, seed)
    both = Both(
        raw=raw, known=known, truth=truth, columns=columns, others=others, before=before, after=after
    )  # fmt: skip
    found["changes"] = changes(old, new, both)
    return dict(spelled(_fair(found, seen(old, others, truth), seen(new, columns, truth))))


def check_in_place(old: Model, prepared: Prepared) -> None:
    """Refuse, before any work is done, a model in place that cannot be compared on the sealed test.

    Raises
    ------
    UsageError, MissingColumnError
        It answers another question, or lacks a column among these rows.
    """
    check_question(old.task, prepared.task)
    cells = prepared.test_cells
    assert cells is not None  # noqa: S101 - kept because there is a model in place
    missing = [name for name in old.inputs if name not in cells.columns]
    if missing:
        raise MissingColumnError.among(missing, cells.names, f"{cells.source}, for the model in place")


def with_the_one_in_place(old: Model, prepared: Prepared, answers: Prediction, seed: int) -> dict[str, Any]:
    """Compare the model in place with new `answers` to the sealed test, as `compare` does.

    Returns
    -------
    What `compare` returns, and "changes": what `what_changed` does, without a single row.

    Raises
    ------
    UsageError, DataError
        It cannot answer these rows.
    """
    assert prepared.test_cells is not None  # noqa: S101 - kept because there is a model in place
    columns, same, _ = typed_rows(prepared.test_cells, old.schema, old.task)
    truth = prepared.test.target
    assert truth is not None  # noqa: S101 - the sealed test has a target
    if not np.array_equal(truth, same, equal_nan=True):
        message = f"The model in place reads the target {prepared.task.target!r} differently."
        raise UsageError(message)
    before = old.answer(Typed(columns))
    found = _paired(prepared.task.metric, prepared.test, answers, before, None, seed)
    found["changes"] = what_changed(truth, before, answers, prepared.test.columns, prepared.schema)
    return _fair(found, seen(old, columns, truth), 0.0)


def _fair(found: dict[str, Any], old: float | None, new: float | None) -> dict[str, Any]:
    """Take the verdict back where one of the models knows the rows."""
    known = {"old": old, "new": new}
    who = [name for name, share in known.items() if share]
    if not who:
        return {**found, "seen": known}
    share = max(known[name] or 0.0 for name in who)
    models = said("the new model has") if who[0] == "new" else said("the old model has")
    why = said(
        "{models} learned from {share:.0%} of these rows, so they tell nothing; bring rows new to both",
        models=said("both models have") if len(who) == 2 else models,
        share=share,
    )
    return {**found, "seen": known, "verdict": Answer.NOT_ENOUGH_DATA.value, "why": why, "n_needed": None}


def _paired(
    name: str, rows: Dataset, one: Prediction, other: Prediction, matters: float | None, seed: int
) -> dict[str, Any]:
    """Compare `one`, the new answers, with `other`, the old ones."""
    truth = rows.target
    assert truth is not None  # noqa: S101 - rows that judge have a target
    difference = differ(name, truth, one, other, groups=rows.alike, seed=seed)
    before = estimate(name, truth, other, groups=rows.alike, seed=seed)
    after = estimate(name, truth, one, groups=rows.alike, seed=seed)
    if matters is None:
        matters = max(_MATTERS_SHARE * abs(before.value), 1e-12)
    found = verdict(difference, len(truth), matters)
    return _document(found, difference, before, after, name, len(truth))


def _document(
    found: Verdict, difference: Estimate, before: Estimate, after: Estimate, name: str, n_rows: int
) -> dict[str, Any]:
    return {
        "verdict": found.answer.value,
        "why": found.why,
        "difference": difference.to_json(),
        "metric": name,
        "old": before.to_json(),
        "new": after.to_json(),
        "n_rows": n_rows,
        "n_needed": found.n_needed,
    }


def check_question(old: Task, new: Task, metric: str | None = None) -> str:
    """Return the metric to compare by, once it is clear that both models answer the same question."""
    for what, before, after in (
        ("target", old.target, new.target),
        ("kind", old.kind, new.kind),
        ("classes", list(old.classes), list(new.classes)),
    ):
        if before != after:
            message = (
                f"The models answer different questions: the {what} of the old one is {before!r}, of the new "
                f"one {after!r}. Compare models of the same question."
            )
            raise UsageError(message)
    if metric is None:
        return new.metric
    if metric not in new.metrics:
        METRICS.get(metric)  # a name that is not known at all is said to be so
        shown = ", ".join(new.metrics)
        message = f"The metric {metric!r} does not judge {new.kind} models. Choose one of: {shown}."
        raise UsageError(message)
    return metric
