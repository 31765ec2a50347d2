"""Groups side by side: how often each is selected, how often rightly, and how far groups lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.evaluation.cells import chosen
from mlwright.evaluation.detail import said_and_happened
from mlwright.evaluation.resample import Units, interval, ratio, unseen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction

FEWEST_BEHIND = 10
"""Rows that a rate must rest on to be compared with that of another group."""
_SURE = NormalDist().inv_cdf(0.975)
_N_RESAMPLES = 1000


@final
@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """The sum of `top` over the sum of `bottom`, both of shape (n_rows,).

    `is_share` tells that it lies in [0, 1]. `promised`, shape (n_rows,), is the variance of each `top` if
    probabilities are true: resamples of a few rows without the rare outcome would not show it.
    """

    top: Floats
    bottom: Floats
    is_share: bool = False
    promised: Floats | None = None


@final
@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference of a rate between two groups, named from high to low."""

    size: Estimate
    between: tuple[str, str]


def rates_of(truth: Floats, prediction: Prediction, n_classes: int) -> dict[str, Rate]:
    """Return the rates that groups are compared by.

    Two classes: "selection_rate" (how often the second is chosen), "true_positive_rate",
    "false_positive_rate", "error_rate" and "calibration" (its mean chance less how often it is true). More
    classes: "error_rate" and "calibration" of the chosen class. Values: "error" (mean absolute) and
    "calibration" (mean of what is said less what is true). Where there are decisions these count as chosen,
    but for the calibration: they are what people meet.
    """
    ones = np.ones(len(truth))
    if not n_classes:
        return {
            "error": Rate(np.abs(prediction.values - truth), ones),
            "calibration": Rate(prediction.values - truth, ones),
        }
    labels = chosen(prediction) if prediction.decisions is None else prediction.decisions
    said, happened = said_and_happened(truth, prediction)
    wrong = Rate((labels != truth).astype(np.float64), ones, is_share=True)
    calibration = Rate(said - happened, ones, promised=said * (1.0 - said))
    if n_classes > 2:
        return {"error_rate": wrong, "calibration": calibration}
    picked, is_true = (labels == 1).astype(np.float64), (truth == 1).astype(np.float64)
    return {
        "selection_rate": Rate(picked, ones, is_share=True),
        "true_positive_rate": Rate(picked * is_true, is_true, is_share=True),
        "false_positive_rate": Rate(picked * (1.0 - is_true), 1.0 - is_true, is_share=True),
        "error_rate": wrong,
        "calibration": calibration,
    }


def compare_groups(
    rates: Mapping[str, Rate], masks: Mapping[str, Array], groups: Array | None, seed: int
) -> tuple[dict[str, dict[str, Estimate]], dict[str, Gap]]:
    """Estimate the rates of each group of rows, and the gaps between groups, on the same resamples.

    Intervals of rates are 95 % each. The gap of a rate is between the highest and the lowest group; as these
    were picked among all pairs, its interval is Bonferroni's for so many. It is clear if it does not touch 0.
    Of twelve rows that were all right no resample is wrong: shares get two rows more for that, one of each
    sort, and calibration the variance that its own probabilities promise where that is larger.

    Source: Agresti and Caffo (2000), Simple and effective confidence intervals for proportions and
    differences of proportions result from adding two successes and two failures, The American Statistician
    54; here with as many rows as would scatter like the resamples.

    Parameters
    ----------
    masks
        Which rows belong to a group, shape (n_rows,), by its name.
    groups
        A number per row, equal where rows err alike, shape (n_rows,); None if all are independent.
    """
    names, n_rows = list(masks), len(next(iter(masks.values())))
    units = Units.of(n_rows, groups, seed)
    columns = [
        part * masks[name] for name in names for rate in rates.values() for part in (rate.top, rate.bottom)
    ]
    sums = units.sums(np.column_stack(columns))
    drawn = units.resampled_means(sums, seed, _N_RESAMPLES)
    found: dict[str, dict[str, Estimate]] = {name: {} for name in names}
    behind: dict[str, dict[str, _Behind]] = {what: {} for what in rates}
    at = 0
    for name in names:
        for what, rate in rates.items():
            own, means = sums[:, at : at + 2], drawn[:, at : at + 2]
            at += 2
            promised = _promised(rate, masks[name])
            found[name][what] = _estimate(rate, promised, units, own, means)
            if np.count_nonzero(masks[name] * rate.bottom) >= FEWEST_BEHIND:
                value, n_units = found[name][what].value, int(np.count_nonzero(own[:, 1]))
                behind[what][name] = _Behind.of(rate, promised, value, ratio(means), n_units)
    gaps = {what: _gap(of_groups) for what, of_groups in behind.items()}
    return found, {what: gap for what, gap in gaps.items() if gap is not None}


def _promised(rate: Rate, mask: Array) -> float:
    """Return the variance that the rate of these rows has if probabilities are true; 0 if unknown."""
    if rate.promised is None:
        return 0.0
    return float(rate.promised[mask].sum()) / max(1.0, float(rate.bottom[mask].sum())) ** 2


def _estimate(rate: Rate, promised: float, units: Units, sums: Floats, means: Floats) -> Estimate:
    value = float(ratio(sums.sum(axis=0) / units.sizes.sum()))
    if not np.isfinite(value):
        return Estimate(value, value, value, Direction.MIN)
    low, high = interval(ratio, units, sums, means)
    if rate.is_share:
        if low == high:  # no resample shows what has not been seen
            low, high = unseen(value, sums[:, 1:])
        return Estimate(value, max(0.0, low), min(1.0, high), Direction.MIN)
    reach = _SURE * sqrt(promised)
    if reach > 0:
        low, high = min(low, value - reach), max(high, value + reach)
    return Estimate(value, low, high, Direction.MIN)


@final
@dataclass(frozen=True, slots=True)
class _Behind:
    """A rate of one group as a gap needs it.

    `center` is what two rows more, one of each sort, make of the value of a share; `spare` is what they, or
    the chances that were promised, add to the variance of the `replicates`, shape (n_resamples,).
    """

    value: float
    replicates: Floats
    center: float
    spare: float

    @classmethod
    def of(cls, rate: Rate, promised: float, value: float, replicates: Floats, n_units: int) -> _Behind:
        """Take it from resamples; `n_units` that are independent are behind it."""
        variance, own = float(np.nanvar(replicates)), value * (1.0 - value)
        if not rate.is_share:
            return cls(value, replicates, value, max(0.0, promised - variance))
        n_rows = own / variance if variance > 0 and own > 0 else float(n_units)
        center = (value * n_rows + 1.0) / (n_rows + 2.0)
        return cls(value, replicates, center, center * (1.0 - center) / (n_rows + 2.0) - variance)


def _gap(groups: Mapping[str, _Behind]) -> Gap | None:
    known = {name: one for name, one in groups.items() if np.isfinite(one.value)}
    if len(known) < 2:
        return None
    n_pairs = comb(len(known), 2)
    top, bottom = (pick(known, key=lambda name: known[name].value) for pick in (max, min))
    one, other = known[top], known[bottom]
    variance = float(np.nanvar(one.replicates - other.replicates)) + one.spare + other.spare
    reach = NormalDist().inv_cdf(1.0 - 0.025 / n_pairs) * sqrt(max(0.0, variance))
    size, center = one.value - other.value, one.center - other.center
    low, high = min(size, max(0.0, center - reach)), max(size, center + reach)
    return Gap(Estimate(size, low, high, Direction.MIN), (top, bottom))
