"""What an order of cases is worth: what stands in the tenth that a model puts first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.prediction import Prediction
from mlwright.core.seeds import stream
from mlwright.evaluation.score import score_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.task import Label

_PART = 10
_FEWEST_ROWS = 10
"""In the tenth: in fewer there is little to count."""
_MEASURES = ("precision", "recall")


def first_tenth(
    classes: Sequence[Label],
    truth: Floats,
    prediction: Prediction,
    *,
    groups: Array | None = None,
    seed: int = 0,
) -> dict[str, Any] | None:
    """Count the cases of the rarer of two classes in the tenth of rows where it is the likeliest.

    Equal chances are put in an order drawn by the seed. Intervals are of the tenth as it stands: they
    resample its rows, not the choice of it.

    Returns
    -------
    "class", "share" (of its rows among all), "n" (rows of the tenth), and estimates for "precision" (of that
    class among the tenth) and "recall" (of all of that class, those in the tenth); None for anything but two
    classes, fewer than a hundred rows, or a class without rows.
    """
    n_rows, n_first = len(truth), int((truth == 0).sum())
    if len(classes) != 2 or n_rows < _PART * _FEWEST_ROWS or n_first in {0, n_rows}:
        return None
    rarer = 0 if n_first < n_rows - n_first else 1
    drawn = stream(seed, "foremost").permutation(n_rows)
    order = np.lexsort((drawn, -prediction.scores[:, rarer]))
    answers = np.zeros(n_rows, dtype=np.int64)
    answers[order[: n_rows // _PART]] = 1
    is_rarer = (truth == rarer).astype(np.float64)
    chosen = Prediction(np.column_stack([1.0 - answers, answers]), answers)
    scores = score_all(_MEASURES, is_rarer, chosen, groups=groups, seed=seed)
    return {
        "class": classes[rarer],
        "share": float(is_rarer.mean()),
        "n": n_rows // _PART,
        **{name: one.to_json() for name, one in scores.items()},
    }
