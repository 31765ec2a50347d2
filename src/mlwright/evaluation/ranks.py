"""One class against the rest: how metrics on ranks extend to many classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction


def one_against_rest(
    truth: Floats, prediction: Prediction, projection: Callable[[Array, Floats], Floats]
) -> Floats:
    """Average a binary projection over the classes, shape (n_rows, 1).

    Two classes need one projection, that of the second. Classes that hold no row or all rows are left
    out; where none remains the metric is undefined (NaN).

    Parameters
    ----------
    truth
        Class numbers, shape (n_rows,).
    prediction
        Probabilities, shape (n_rows, n_classes).
    projection
        Maps (is positive, score), each of shape (n_rows,), to contributions of shape (n_rows,).
    """
    n_classes = prediction.scores.shape[1]
    counts = np.bincount(truth.astype(np.int64), minlength=n_classes)
    numbers = [1] if n_classes == 2 else range(n_classes)
    usable = [k for k in numbers if 0 < counts[k] < len(truth)]
    total = np.zeros(len(truth)) if usable else np.full(len(truth), np.nan)
    for k in usable:
        total += projection(truth == k, prediction.scores[:, k]) / len(usable)
    return total[:, None]
