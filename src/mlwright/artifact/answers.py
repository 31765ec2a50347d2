"""Answers as named columns: what `predict` writes, and whoever else hands them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.task import Link

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array
    from mlwright.core.prediction import Prediction

PREDICTION, DECISION = "prediction", "decision"


def named_answers(model: Model, prediction: Prediction) -> dict[str, Array]:
    """Return the prediction, the decision if there is one, and of classes the probability of each.

    Every column has shape (n_rows,).
    """
    if prediction.labels is None:
        return {PREDICTION: prediction.values}
    found = {PREDICTION: model.classes_[prediction.labels]}
    if prediction.decisions is not None:
        found[DECISION] = model.classes_[prediction.decisions]
    if model.task.link is Link.RANKING:
        return found
    return found | {
        f"probability_{name}": prediction.scores[:, i] for i, name in enumerate(model.task.classes)
    }
