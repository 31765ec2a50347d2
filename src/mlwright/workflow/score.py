"""Scoring: how good a model is on rows whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.dataset import Dataset, Typed
from mlwright.data.read import read
from mlwright.evaluation.score import score_all
from mlwright.workflow.prepare import group_numbers, row_times, typed_rows
from mlwright.workflow.seen import seen

if TYPE_CHECKING:
    from mlwright.artifact.model import Model


def evaluate(model: Model, data: object, *, seed: int = 0) -> dict[str, Any]:
    """Score a model on labeled rows: every metric of its kind with a 95 % interval.

    Returns
    -------
    "task", "n_rows", "seen" (the share of the rows that the model has learned from, null where that is not
    known) and "metrics", an estimate per name: the shape of `evaluate --json`.
    """
    raw = read(data)
    columns, truth, known = typed_rows(raw, model.schema, model.task)
    prediction = model.answer(Typed(columns))
    rows = Dataset(
        schema=model.schema,
        columns=columns,
        n_rows=len(truth),
        groups=group_numbers(model.schema, raw, known),
        times=row_times(model.schema, raw, known),
    )
    scores = score_all(model.task.metrics, truth, prediction, groups=rows.alike, seed=seed)
    return {
        "task": model.task.to_json(),
        "n_rows": len(truth),
        "seen": seen(model, columns, truth),
        "metrics": {name: estimate.to_json() for name, estimate in scores.items()},
    }
