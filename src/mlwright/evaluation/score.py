"""Scores with their uncertainty: one model, or two on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.core.shelves import METRICS
from mlwright.evaluation.resample import Units, interval, unseen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction


def value(name: str, truth: Floats, prediction: Prediction) -> float:
    """Compute one metric; NaN where it is undefined.

    Parameters
    ----------
    name
        Id of the metric.
    truth
        Class numbers or values, shape (n_rows,).
    prediction
        Answers for the same rows.
    """
    if len(truth) == 0:
        return float("nan")
    metric = METRICS.get(name)
    return float(metric.combine(metric.parts(truth, prediction).mean(axis=0)))


def estimate(
    name: str,
    truth: Floats,
    prediction: Prediction,
    *,
    groups: Array | None = None,
    seed: int = 0,
    n_resamples: int = 1000,
) -> Estimate:
    """Compute one metric with its 95 % interval; see `score_all`."""
    scores = _score([name], truth, prediction, Units.of(len(truth), groups, seed), seed, n_resamples)
    return scores[name]


def score_all(
    names: Iterable[str], truth: Floats, prediction: Prediction, *, groups: Array | None = None, seed: int = 0
) -> dict[str, Estimate]:
    """Compute metrics with their 95 % intervals, all on the same 1,000 resamples.

    Parameters
    ----------
    names
        Ids of metrics.
    truth
        Class numbers or values, shape (n_rows,).
    prediction
        Answers for the same rows.
    groups
        Rows of one group, shape (n_rows,), are resampled together; None means that rows are
        independent.
    seed
        The same seed gives the same intervals.

    Returns
    -------
    An estimate per name. Values are exact; above 20,000 rows the intervals come from resampling
    20,000 random blocks of rows, so that a million rows take seconds. NaN where a metric is undefined,
    such as the ROC AUC of one class; ends are NaN also where a single group leaves nothing to resample.
    """
    return _score(list(names), truth, prediction, Units.of(len(truth), groups, seed), seed, 1000)


def compare(
    name: str,
    truth: Floats,
    one: Prediction,
    other: Prediction,
    *,
    groups: Array | None = None,
    seed: int = 0,
) -> Estimate:
    """Compute how much `one` differs from `other` in a metric, on the same resampled rows.

    Returns
    -------
    The metric of `one` minus that of `other`, with its 95 % interval and the metric's direction:
    `one` is better beyond noise when the interval lies on the better side of 0.
    """
    metric = METRICS.get(name)
    nan = float("nan")
    if len(truth) == 0:
        return Estimate(nan, nan, nan, metric.direction)
    units = Units.of(len(truth), groups, seed)
    halves = [metric.parts(truth, prediction) for prediction in (one, other)]
    n_left = halves[0].shape[1]

    def difference(means: Floats) -> Floats:
        return metric.combine(means[..., :n_left]) - metric.combine(means[..., n_left:])

    parts = np.concatenate(halves, axis=1)
    sums = units.sums(parts)
    low, high = interval(difference, units, sums, units.resampled_means(sums, seed, 1000))
    return Estimate(float(difference(parts.mean(axis=0))), low, high, metric.direction)


def _score(
    names: list[str], truth: Floats, prediction: Prediction, units: Units, seed: int, n_resamples: int
) -> dict[str, Estimate]:
    """Score with one set of resamples for all metrics."""
    metrics = {name: METRICS.get(name) for name in names}
    nan = float("nan")
    if len(truth) == 0:
        return {name: Estimate(nan, nan, nan, metric.direction) for name, metric in metrics.items()}
    values, sums = [], []
    for metric in metrics.values():
        parts = metric.parts(truth, prediction)
        values.append(float(metric.combine(parts.mean(axis=0))))
        sums.append(units.sums(parts))
    means = units.resampled_means(np.concatenate(sums, axis=1), seed, n_resamples)
    ends = np.cumsum([part.shape[1] for part in sums])[:-1]
    scores = {}
    for (name, metric), own, part, drawn in zip(
        metrics.items(), values, sums, np.split(means, ends, axis=1), strict=True
    ):
        low, high = interval(metric.combine, units, part, drawn)
        if low == high and metric.direction is Direction.MAX:
            low, high = unseen(own, part)
        scores[name] = Estimate(own, low, high, metric.direction)
    return scores
