"""Two models on the same rows: a paired verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.dataset import Dataset
from mlwright.core.errors import UsageError
from mlwright.core.shelves import METRICS
from mlwright.data.read import read
from mlwright.evaluation.score import compare as differ
from mlwright.evaluation.score import estimate
from mlwright.evaluation.verdict import Verdict, verdict
from mlwright.workflow.judge import estimate_json
from mlwright.workflow.prepare import group_numbers, row_times, typed_rows

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.evaluation import Estimate

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
    and "new" (their scores), "n_rows" and "n_needed".

    Raises
    ------
    UsageError
        The models answer different questions, or the metric is not one of theirs.
    """
    name = _metric(old, new, metric)
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
    one, other = new.answer_typed(columns), old.answer_typed(others)
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
        "difference": estimate_json(difference),
        "metric": name,
        "old": estimate_json(before),
        "new": estimate_json(after),
        "n_rows": n_rows,
        "n_needed": found.n_needed,
    }


def _metric(old: Model, new: Model, metric: str | None) -> str:
    """Return the metric to compare by, once it is clear that both models answer the same question."""
    for what, before, after in (
        ("target", old.task.target, new.task.target),
        ("kind", old.task.kind, new.task.kind),
        ("classes", list(old.task.classes), list(new.task.classes)),
    ):
        if before != after:
            message = (
                f"The models answer different questions: the {what} of the old one is {before!r}, of the new "
                f"one {after!r}. Compare models of the same question."
            )
            raise UsageError(message)
    if metric is None:
        return new.task.metric
    if metric not in new.task.metrics:
        METRICS.get(metric)  # a name that is not known at all is said to be so
        shown = ", ".join(new.task.metrics)
        message = f"The metric {metric!r} does not judge {new.task.kind} models. Choose one of: {shown}."
        raise UsageError(message)
    return metric
