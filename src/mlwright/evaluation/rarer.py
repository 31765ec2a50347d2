"""The rarer of two classes: how often it is found, and how often it is right to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.prediction import Prediction
from mlwright.evaluation.cells import chosen
from mlwright.evaluation.score import score_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.task import Label

_MEASURES = ("precision", "recall")


def rarer_class(
    classes: Sequence[Label],
    truth: Floats,
    prediction: Prediction,
    *,
    groups: Array | None = None,
    seed: int = 0,
) -> dict[str, Any] | None:
    """Score the answers for the first of two classes, if it is the rarer: people ask about the few.

    Precision and recall are those of the second class, as everywhere. Where that is what usually happens,
    they are high whatever the model does.

    Returns
    -------
    "class", "n" (rows of that class), and an estimate for "precision" and for "recall"; None where the second
    class is as rare, or none is.
    """
    n_first = int((truth == 0).sum())
    if len(classes) != 2 or not 0 < n_first < len(truth) - n_first:
        return None
    turned = Prediction(prediction.scores[:, ::-1], 1 - chosen(prediction))
    scores = score_all(_MEASURES, 1 - truth, turned, groups=groups, seed=seed)
    return {"class": classes[0], "n": n_first, **{name: one.to_json() for name, one in scores.items()}}
