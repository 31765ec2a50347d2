"""Judges predictions: the catalog's metrics as functions of row weights, so that resampling rows is cheap.

One place and one numpy judge everybody, whichever environment a peer ran in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

IS_HIGHER_BETTER = {"roc_auc": True, "log_loss": False, "rmse": False}
"""The metrics that are known, and where they want to go."""
N_RESAMPLES = 500
CLIP = 1e-6
"""Least probability that log loss sees."""


def judge(metric: str, truth: Any, prediction: Any) -> dict[str, Any]:
    """Return the score, its 95 % interval over test rows, and the resampled scores it comes from.

    The rows that are drawn depend on nothing but their number, so the resampled scores of two peers
    on one table are paired: their differences are the bootstrap of the difference.

    Raises
    ------
    ValueError
        The prediction has a missing or infinite value, or the wrong shape.
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction, dtype=np.float64)
    n_columns = None if metric == "rmse" else prediction.shape[1] if prediction.ndim == 2 else 0
    if len(prediction) != len(truth) or n_columns == 0 or (n_columns is None and prediction.ndim != 1):
        raise ValueError(f"predictions have the shape {prediction.shape} for {len(truth)} rows")
    if not np.isfinite(prediction).all():
        raise ValueError("predictions hold missing or infinite values")
    n_rows, rng = len(truth), np.random.default_rng(0)
    measure = MEASURES[metric](truth, prediction)
    drawn = (np.bincount(rng.integers(0, n_rows, n_rows), minlength=n_rows) for _ in range(N_RESAMPLES))
    scores = np.array([measure(counts.astype(np.float64)) for counts in drawn])
    low, high = np.nanquantile(scores, [0.025, 0.975])
    return {
        "score": _short(measure(np.ones(n_rows)), 10),
        "low": _short(low),
        "high": _short(high),
        "resampled": [_short(value) for value in scores],
    }


def _short(value: float, digits: int = 6) -> float | None:
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


def _roc_auc(truth: Any, prediction: Any) -> Any:
    """Area under the curve; ties count half. Undefined if the weights leave one class alone."""
    order = np.argsort(prediction[:, 1], kind="stable")
    ordered, is_positive = prediction[order, 1], (truth[order] == 1).astype(np.float64)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(ordered) > 0]))

    def measure(weights: Any) -> float:
        weight = weights[order]
        positive = np.add.reduceat(weight * is_positive, starts)
        negative = np.add.reduceat(weight * (1 - is_positive), starts)
        below = np.cumsum(negative) - negative
        pairs = positive.sum() * negative.sum()
        return float((positive * (below + negative / 2)).sum() / pairs) if pairs else float("nan")

    return measure


def _log_loss(truth: Any, prediction: Any) -> Any:
    shares = np.clip(prediction, CLIP, 1.0)
    shares = shares / shares.sum(axis=1, keepdims=True)
    losses = -np.log(shares[np.arange(len(truth)), truth.astype(np.int64)])
    return lambda weights: float(np.average(losses, weights=weights))


def _rmse(truth: Any, prediction: Any) -> Any:
    losses = (truth.astype(np.float64) - prediction) ** 2
    return lambda weights: float(np.sqrt(np.average(losses, weights=weights)))


MEASURES = {"roc_auc": _roc_auc, "log_loss": _log_loss, "rmse": _rmse}
