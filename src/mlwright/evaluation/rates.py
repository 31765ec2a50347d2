"""Groups side by side: how often each is selected, how often rightly, and how far groups lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.evaluation.cells import chosen
from mlwright.evaluation.resample import Units, interval, unseen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction

Parts = dict[str, tuple["Floats", "Floats"]]
"""A rate is the sum of the first over the sum of the second, both of shape (n_rows,)."""

FEWEST_BEHIND = 10
"""Rows that a rate must rest on to be compared with that of another group."""
_SHARES = frozenset({"selection_rate", "true_positive_rate", "false_positive_rate", "error_rate"})
_N_RESAMPLES = 1000


@final
@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference of a rate between two groups, named from high to low."""

    size: Estimate
    between: tuple[str, str]


def rate_parts(truth: Floats, prediction: Prediction, n_classes: int) -> Parts:
    """Split rates into their parts, shape (n_rows,) each.

    Two classes: "selection_rate" (how often the second is chosen), "true_positive_rate",
    "false_positive_rate", "error_rate" and "calibration" (its mean chance less how often it is true). More
    classes: "error_rate" and "calibration" of the chosen class. Values: "error" (mean absolute) and
    "calibration" (mean of what is said less what is true).
    """
    ones = np.ones(len(truth))
    if not n_classes:
        return {
            "error": (np.abs(prediction.values - truth), ones),
            "calibration": (prediction.values - truth, ones),
        }
    labels = chosen(prediction)
    wrong = (labels != truth).astype(np.float64)
    if n_classes > 2:
        sure = prediction.scores.max(axis=1)
        return {"error_rate": (wrong, ones), "calibration": (sure - (1.0 - wrong), ones)}
    picked, is_true = (labels == 1).astype(np.float64), (truth == 1).astype(np.float64)
    return {
        "selection_rate": (picked, ones),
        "true_positive_rate": (picked * is_true, is_true),
        "false_positive_rate": (picked * (1.0 - is_true), 1.0 - is_true),
        "error_rate": (wrong, ones),
        "calibration": (prediction.scores[:, 1] - is_true, ones),
    }


def compare_groups(
    parts: Parts, masks: Mapping[str, Array], groups: Array | None, seed: int
) -> tuple[dict[str, dict[str, Estimate]], dict[str, Gap]]:
    """Estimate the rates of each group of rows, and the gaps between groups, on the same resamples.

    Intervals of rates are 95 % each. The gap of a rate is between the highest and the lowest group; as these
    were picked among all pairs, its interval is Bonferroni's for so many. It is clear if it does not touch 0.

    Parameters
    ----------
    masks
        Which rows belong to a group, shape (n_rows,), by its name.
    groups
        A number per row, equal where rows err alike, shape (n_rows,); None if all are independent.
    """
    names, n_rows = list(masks), len(next(iter(masks.values())))
    units = Units.of(n_rows, groups, seed)
    columns = [part * masks[name] for name in names for pair in parts.values() for part in pair]
    sums = units.sums(np.column_stack(columns))
    drawn = units.resampled_means(sums, seed, _N_RESAMPLES)
    rates: dict[str, dict[str, Estimate]] = {name: {} for name in names}
    replicates: dict[str, dict[str, Floats]] = {rate: {} for rate in parts}
    at = 0
    for name in names:
        for rate in parts:
            own, means = sums[:, at : at + 2], drawn[:, at : at + 2]
            at += 2
            rates[name][rate] = _rate(rate, units, own, means)
            if np.count_nonzero(masks[name] * parts[rate][1]) >= FEWEST_BEHIND:
                replicates[rate][name] = _ratio(means)
    gaps = {}
    for rate, of_groups in replicates.items():
        values = {name: rates[name][rate].value for name in of_groups}
        gap = _gap(values, of_groups)
        if gap is not None:
            gaps[rate] = gap
    return rates, gaps


def _rate(name: str, units: Units, sums: Floats, means: Floats) -> Estimate:
    value = float(_ratio(sums.sum(axis=0) / units.sizes.sum()))
    if not np.isfinite(value):
        return Estimate(value, value, value, Direction.MIN)
    low, high = interval(_ratio, units, sums, means)
    if name in _SHARES:
        if low == high:  # no resample shows what has not been seen
            low, high = unseen(value, sums[:, 1:])
        low, high = max(0.0, low), min(1.0, high)
    return Estimate(value, low, high, Direction.MIN)


def _ratio(means: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(means[..., 0] / means[..., 1])


def _gap(values: Mapping[str, float], replicates: Mapping[str, Floats]) -> Gap | None:
    known: Sequence[str] = [name for name, value in values.items() if np.isfinite(value)]
    if len(known) < 2:
        return None
    n_pairs = len(list(combinations(known, 2)))
    top = max(known, key=lambda name: values[name])
    bottom = min(known, key=lambda name: values[name])
    moves = replicates[top] - replicates[bottom]
    reach = NormalDist().inv_cdf(1.0 - 0.025 / n_pairs) * float(np.nanstd(moves))
    size = values[top] - values[bottom]
    return Gap(Estimate(size, max(0.0, size - reach), size + reach, Direction.MIN), (top, bottom))
