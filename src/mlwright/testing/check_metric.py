"""What every metric keeps: the truth is best, rows count alike, and their order does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.evaluation import Direction
from mlwright.core.prediction import Prediction
from mlwright.core.task import Link
from mlwright.testing.claim import claim, claim_close
from mlwright.testing.worlds import N_CLASSES

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.evaluation import Metric

_N_ROWS, _N_ITEMS = 300, 30
_FIRST_ORDER = 1e-3
"""Metrics on ranks state their parts by a projection; what it leaves out of one row in 300 is less."""


def check_metric(metric: Metric, link: Link) -> None:
    """Raise AssertionError if a metric does not keep its contract for questions with this link.

    Examples
    --------
    >>> from mlwright.core.shelves import METRICS
    >>> check_metric(METRICS.get("rmse"), Link.IDENTITY)
    """
    claim(metric.direction in tuple(Direction), f"The direction is {metric.direction!r}.")
    claim(metric.title, "There is no title for people.")
    claim(metric.says.endswith("."), f"`says` is no sentence: {metric.says!r}.")
    truth, noise, best, worst = _answers(link)
    _the_truth_is_best(metric, truth, noise, best, worst)
    _rows_count_alike(metric, truth, noise)
    _means_may_be_many(metric, truth, noise)


def _answers(link: Link) -> tuple[Floats, Prediction, Prediction, Prediction]:
    """Return a truth, and predictions that are noisy, perfect and as wrong as can be."""
    rng = np.random.default_rng(3)
    if link is Link.IDENTITY:
        truth = rng.normal(10.0, 2.0, _N_ROWS)
        noisy = truth + rng.normal(0.0, 1.0, _N_ROWS)
        wrong = truth.mean() - 5.0 * (truth - truth.mean())
        return truth, Prediction(noisy[:, None]), Prediction(truth[:, None]), Prediction(wrong[:, None])
    n_classes = N_CLASSES.get(link, _N_ITEMS)
    truth = rng.integers(0, n_classes, _N_ROWS).astype(np.float64)
    sure, wrong = (np.eye(n_classes)[(truth.astype(int) + step) % n_classes] for step in (0, 1))
    noisy = rng.random((_N_ROWS, n_classes)) + 0.6 * sure
    made = Prediction.of_probabilities
    return truth, made(noisy / noisy.sum(axis=1, keepdims=True)), made(sure), made(wrong)


def _value(metric: Metric, truth: Floats, prediction: Prediction) -> float:
    return float(metric.combine(metric.parts(truth, prediction).mean(axis=0)))


def _the_truth_is_best(
    metric: Metric, truth: Floats, noise: Prediction, best: Prediction, worst: Prediction
) -> None:
    values = [_value(metric, truth, one) for one in (best, noise, worst)]
    claim(np.isfinite(values).all(), f"The metric is not finite: {values} for perfect, noisy, wrong answers.")
    for one, other, what in (
        (0, 1, "perfect answers and noisy ones"),
        (1, 2, "noisy answers and wrong ones"),
    ):
        claim(
            metric.direction.is_better(values[one], values[other]),
            f"{what} give {values[one]:.4g} and {values[other]:.4g}, but {metric.direction.value} is better.",
        )


def _rows_count_alike(metric: Metric, truth: Floats, prediction: Prediction) -> None:
    parts = metric.parts(truth, prediction)
    claim(
        parts.ndim == 2 and len(parts) == len(truth),
        f"parts have the shape {parts.shape}, not one row a row.",
    )
    value = _value(metric, truth, prediction)
    order = np.random.default_rng(4).permutation(len(truth))
    _claim_same(metric, truth, prediction, order, value, "in another order")
    twice = np.repeat(np.arange(len(truth)), 2)
    _claim_same(metric, truth, prediction, twice, value, "each taken twice")
    weights = np.ones(len(truth))
    weights[7] = 2.0
    again = np.append(np.arange(len(truth)), 7)
    weighted = float(metric.combine(np.average(parts, axis=0, weights=weights)))
    message = "A row of weight 2 differs from a row taken twice"
    _claim_same(metric, truth, prediction, again, weighted, message, _FIRST_ORDER)


def _claim_same(
    metric: Metric,
    truth: Floats,
    prediction: Prediction,
    rows: Array,
    expected: float,
    what: str,
    tolerance: float = 1e-9,
) -> None:
    found = _value(metric, truth[rows], prediction.take(rows))
    claim_close(np.array(found), np.array(expected), f"The value of the rows {what}", tolerance)


def _means_may_be_many(metric: Metric, truth: Floats, prediction: Prediction) -> None:
    """Combine several means at once, as the bootstrap does with a thousand."""
    parts = metric.parts(truth, prediction)
    means = np.stack([parts[:100].mean(axis=0), parts[100:].mean(axis=0), parts.mean(axis=0)])
    one_by_one = np.array([float(metric.combine(mean)) for mean in means])
    claim_close(metric.combine(means), one_by_one, "Many means at once differ from one by one", 1e-9)
