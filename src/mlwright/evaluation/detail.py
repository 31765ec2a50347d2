"""Behind the scores: tables and curves for the evidence and the report, as plain data."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.evaluation import Direction
from mlwright.evaluation.averages import Average, averages
from mlwright.evaluation.cells import chosen
from mlwright.evaluation.resample import Units

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.prediction import Prediction

_MOST_POINTS, _N_DRAWS = 100, 400


def confusion(truth: Floats, prediction: Prediction, n_classes: int) -> Integers:
    """Count rows by true class (down) and chosen class (across), shape (n_classes, n_classes)."""
    cells = truth.astype(np.int64) * n_classes + chosen(prediction)
    counts = np.bincount(cells, minlength=n_classes * n_classes).astype(np.int64)
    return counts.reshape(n_classes, n_classes)


def roc_curve_points(truth: Floats, prediction: Prediction) -> dict[str, list[float]]:
    """Trace the ROC curve of the second of two classes in at most 100 points.

    Returns
    -------
    Lists of equal length: "threshold" (rows at or above it are answered positive; the first is above
    all scores), "false_positive_rate" and "true_positive_rate". Empty when a class has no row.
    """
    scores = prediction.scores[:, 1].astype(np.float64)
    is_positive = truth == 1
    n_positive, n_negative = int(is_positive.sum()), int((~is_positive).sum())
    if n_positive == 0 or n_negative == 0:
        return {"threshold": [], "false_positive_rate": [], "true_positive_rate": []}
    levels, inverse = np.unique(-scores, return_inverse=True)
    true = np.bincount(inverse, is_positive).cumsum() / n_positive
    false = np.bincount(inverse, ~is_positive).cumsum() / n_negative
    length = true + false  # evenly along the curve, so that steep parts keep their points
    kept = np.arange(len(levels))
    if len(levels) > _MOST_POINTS - 1:
        steps = np.linspace(0.0, length[-1], _MOST_POINTS - 1)
        kept = np.unique(np.minimum(np.searchsorted(length, steps), len(levels) - 1))
    top = float(np.nextafter(-levels[0], np.inf))
    return {
        "threshold": [top, *(-levels[kept]).tolist()],
        "false_positive_rate": [0.0, *false[kept].tolist()],
        "true_positive_rate": [0.0, *true[kept].tolist()],
    }


def roc_band(
    truth: Floats, prediction: Prediction, curve: dict[str, list[float]], groups: Array | None, seed: int
) -> tuple[list[float], list[float]]:
    """Return the lower and the upper end of what is found at each point of a ROC curve, with 95 %.

    Rows, or groups of them, are drawn with replacement; each time the share found is read off where the
    share of false alarms is that of the point. Each point has its own interval: that the whole curve lies
    inside is less likely.

    Source: Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27, section 9.1.
    """
    levels = -np.array(curve["threshold"])
    n_levels = len(levels)
    if not n_levels:
        return [], []
    units = Units.of(len(truth), groups, seed)
    reached = np.searchsorted(levels, -prediction.scores[:, 1].astype(np.float64))
    place = units.of_row * n_levels + np.minimum(reached, n_levels - 1)
    counts = [
        np.bincount(place, truth == label, minlength=len(units.sizes) * n_levels).reshape(-1, n_levels)
        for label in (1, 0)
    ]
    drawn = units.resampled_means(np.hstack(counts), seed, _N_DRAWS)
    true, false = (np.cumsum(part, axis=1) for part in (drawn[:, :n_levels], drawn[:, n_levels:]))
    pairs = [
        (across / across[-1], up / up[-1])
        for across, up in zip(false, true, strict=True)
        if across[-1] * up[-1]
    ]
    found = np.array([np.interp(curve["false_positive_rate"], across, up) for across, up in pairs])
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    return low.tolist(), high.tolist()


def calibration_bins(truth: Floats, prediction: Prediction, n_bins: int = 10) -> list[dict[str, float]]:
    """Compare probabilities with what happened, in bins of equal count.

    With two classes this is the probability of the second; with more, that of the chosen class
    against how often it was right. Rows with equal probabilities share a bin.

    Returns
    -------
    One object per bin: "predicted" (mean), "observed" (share), "low" and "high" (its 95 % interval)
    and "n" (rows).

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22.
    """
    chance, happened = said_and_happened(truth, prediction)
    bins = []
    for rows in bins_of(chance, n_bins):
        n, observed = len(rows), float(happened[rows].mean())
        low, high = _wilson(observed, n)
        predicted = float(chance[rows].mean())
        bins.append({"predicted": predicted, "observed": observed, "low": low, "high": high, "n": n})
    return bins


def said_and_happened(truth: Floats, prediction: Prediction) -> tuple[Floats, Array]:
    """Return the probability that counts and whether it came true, shapes (n_rows,).

    Of two classes it is that of the second, of more that of the chosen one.
    """
    if prediction.scores.shape[1] == 2:
        return prediction.scores[:, 1], truth == 1
    labels = chosen(prediction)
    return np.take_along_axis(prediction.scores, labels[:, None], axis=1)[:, 0], labels == truth


def residual_summary(
    truth: Floats, prediction: Prediction, *, groups: Array | None = None, seed: int = 0, n_bins: int = 10
) -> dict[str, Any]:
    """Summarize how values miss the truth.

    Parameters
    ----------
    groups
        Rows of one group, shape (n_rows,), are resampled together; None means that rows are independent.

    Returns
    -------
    "quantiles" maps shares ("0.05" …) to quantiles of truth minus prediction; "mean" is their mean
    (above 0: predicted too low), and "bias" the same with its 95 % interval; "bins" holds, per bin of
    predicted values of equal count, the mean "predicted" and "true" values, the 10 % and 90 % quantiles of
    the truth, and "n".
    """
    if len(truth) == 0:
        return {"mean": None, "bias": None, "quantiles": {}, "bins": []}
    values = prediction.values.astype(np.float64)
    residuals = truth - values
    shares = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
    quantiles = np.quantile(residuals, shares)
    bins = []
    for rows in bins_of(values, n_bins):
        low, high = np.quantile(truth[rows], [0.1, 0.9])
        bins.append(
            {
                "predicted": float(values[rows].mean()),
                "true": float(truth[rows].mean()),
                "low": float(low),
                "high": float(high),
                "n": len(rows),
            }
        )
    (bias,) = averages([Average(residuals)], Direction.MIN, groups=groups, seed=seed)
    return {
        "mean": float(residuals.mean()),
        "bias": {key: bias.to_json()[key] for key in ("value", "low", "high")},  # no direction is better
        "quantiles": {f"{share:g}": float(q) for share, q in zip(shares, quantiles, strict=True)},
        "bins": bins,
    }


def bins_of(values: Array, n_bins: int) -> list[Integers]:
    """Group rows by value into bins of about equal count that equal values share."""
    if len(values) == 0:
        return []
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    wanted = np.linspace(0, len(values), n_bins + 1)[1:-1].round().astype(np.int64)
    cuts = np.unique(np.searchsorted(ordered, ordered[np.minimum(wanted, len(values) - 1)], "left"))
    return [rows for rows in np.split(order, cuts) if len(rows)]


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.975)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return max(0.0, middle - half), min(1.0, middle + half)
