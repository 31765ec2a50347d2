"""Evaluating: how good a model is on rows whose truth is known, and whether it keeps what it promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.dataset import Dataset, Typed
from mlwright.core.task import Link
from mlwright.data.read import read
from mlwright.evaluation.conformal import USUAL_LEVEL
from mlwright.evaluation.coverage import coverage
from mlwright.evaluation.reliability import calibration_error
from mlwright.evaluation.score import score_all
from mlwright.tuning.policy import Policy
from mlwright.workflow.decide import Decided, amounts
from mlwright.workflow.history import tell
from mlwright.workflow.prepare import group_numbers, row_times, typed_rows
from mlwright.workflow.seen import seen

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction


def evaluate(model: Model, data: object, *, history: object | None = None, seed: int = 0) -> dict[str, Any]:
    """Score a model on labeled rows: every metric of its kind with a 95 % interval, and its other promises.

    `history` are tables of events that tell about the rows; without them the model answers from memory.

    Returns
    -------
    "task", "n_rows", "seen" (the share of the rows that the model has learned from, null where that is not
    known), "metrics" (an estimate per name), "calibration_error", "intervals" (how often these held the
    truth) and "decision" (what decisions cost and save), each null where the model has none: the shape of
    `evaluate --json`.
    """
    raw = read(data) if history is None else tell(model, data, history)
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
    error = None
    if model.task.link is not Link.IDENTITY:
        error = calibration_error(truth, prediction, groups=rows.alike, seed=seed).to_json()
    return {
        "task": model.task.to_json(),
        "n_rows": len(truth),
        "seen": seen(model, columns, truth),
        "metrics": {name: estimate.to_json() for name, estimate in scores.items()},
        "calibration_error": error,
        "intervals": _held(model, truth, prediction, rows.alike, seed),
        "decision": _decided(model, truth, prediction, rows, seed),
    }


def _held(
    model: Model, truth: Floats, prediction: Prediction, groups: Array | None, seed: int
) -> dict[str, Any] | None:
    """Measure how often intervals or sets held the truth, and how large they were."""
    if (model.evidence.get("intervals") or {}).get("mode") is None:
        return None
    level = min(USUAL_LEVEL, model.conformal.highest)
    found = coverage(truth, prediction, model.conformal, [(level, None)], groups=groups, seed=seed)[0]
    answers = "sets" if model.task.classes else "intervals"
    told = {"coverage": found.covered.to_json(), "size": found.size.to_json()}
    return {"level": level, "answers": answers, **told}


def _decided(
    model: Model, truth: Floats, prediction: Prediction, rows: Dataset, seed: int
) -> dict[str, Any] | None:
    """Measure what the decisions cost, and what they save against doing something else."""
    policy = Policy.from_evidence(model.evidence)
    if policy is None or prediction.decisions is None:
        return None
    decided = Decided(
        policy=policy,
        classes=model.task.classes,
        truth=truth,
        prediction=prediction,
        stakes=rows.columns.get(policy.stakes),
        is_capped=model.evidence["decision"].get("capacity") is not None,
    )
    return amounts(decided, rows.alike, seed)[0]
