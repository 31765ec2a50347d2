"""Where a model is worse than elsewhere: tests of mean losses inside and outside slices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.evaluation.resample import student_quantile
from mlwright.evaluation.slices import Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlwright.core.arrays import Array, Columns, Floats, Integers
    from mlwright.evaluation.slices import Condition

FEWEST_ROWS = 30
LEVEL = 0.05
_LARGEST_SHARE = 0.5
"""A larger slice is rather the rule. And the test would see too much: what lies outside would be few rows,
whose mean and spread are low together, as losses are skewed."""
_FEWEST_UNITS = 10
"""Groups or stretches of time with rows in the slice."""
_SMALLEST_EXCESS = 0.1
"""Of the mean loss: what is worse by less needs nobody's attention, however sure it is."""
_SINGLES, _STRONGEST, _PAIRS = 30, 8, 20
_BLOCK_CELLS = 20_000_000
"""Rows of conditions that are looked at together; nine bytes each."""
_MOST_FOUND, _SAME = 8, 0.6


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """A slice on which the mean loss is higher. `p_adjusted` is after Holm's correction."""

    slice: Slice
    mask: Array
    inside: Estimate
    outside: Estimate
    p_adjusted: float


def promising(conditions: Iterable[Condition], columns: Columns, losses: Floats) -> list[Slice]:
    """Choose slices worth testing by rows that do not test them, such as training rows out of fold.

    Single conditions first, by how sure they look; then pairs of the strongest on different columns, by the
    same. That rows may err alike is left to the test.
    """
    to_come = (Slice((condition,)) for condition in conditions)
    singles: list[Slice] = []
    strengths: list[Floats] = []
    while block := list(islice(to_come, max(1, _BLOCK_CELLS // max(1, len(losses))))):
        singles += block
        strengths.append(_strengths(losses, np.stack([one.mask(columns) for one in block])))
    if not singles:
        return []
    order = _by_strength(np.concatenate(strengths))
    kept = [singles[at] for at in order[:_SINGLES]]
    strong = [(singles[at], singles[at].mask(columns)) for at in order[:_STRONGEST]]
    pairs, both = [], []
    for (one, here), (other, there) in combinations(strong, 2):
        if one.columns != other.columns:
            pairs.append(Slice((*one.conditions, *other.conditions)))
            both.append(here & there)
    if not pairs:
        return kept
    found = _by_strength(_strengths(losses, np.stack(both)))
    return kept + [pairs[at] for at in found[:_PAIRS]]


def weak_slices(
    slices: Sequence[Slice], columns: Columns, losses: Floats, groups: Array | None = None
) -> tuple[list[Weakness], int]:
    """Test every slice against the rest of the rows, and return the weak ones and how many were tested.

    One-sided tests of Student's with the variance between independent units: rows, or groups where rows err
    alike (Liang & Zeger 1986). Holm's correction (1979) keeps the chance that any slice is reported by chance
    below 5 %, however slices overlap; Benjamini and Hochberg's would let a twentieth of those reported be
    chance, and every one of them costs somebody a day. Only slices of 30 rows, 10 groups and at most half of
    all rows are tested; one that tells no more than a heavier one is left out, and eight are kept at most.

    Parameters
    ----------
    losses
        Of each row, shape (n_rows,); higher is worse.
    groups
        A number per row, equal where rows err alike, shape (n_rows,); None if all are independent.
    """
    tested = [one for one in slices if _is_testable(one.mask(columns), groups)]
    if not tested:
        return [], 0
    means = [_Means.of(losses, one.mask(columns), groups) for one in tested]
    adjusted = holm(np.array([mean.p_value for mean in means]))
    least = _SMALLEST_EXCESS * float(losses.mean())
    found = [
        (mean.difference * (mask := one.mask(columns)).sum(), Weakness(
            slice=one, mask=mask, inside=mean.inside, outside=mean.outside, p_adjusted=float(p),
        ))
        for one, mean, p in zip(tested, means, adjusted, strict=True)
        if p <= LEVEL and mean.difference >= least
    ]  # fmt: skip
    found.sort(key=lambda pair: (-pair[0], pair[1].slice.rule))
    kept: list[Weakness] = []
    for _, one in found:
        if all(_is_news(one.mask, other.mask, losses, groups) for other in kept):
            kept.append(one)
    return kept[:_MOST_FOUND], len(tested)


def mean_estimate(values: Floats, groups: Array | None = None) -> Estimate:
    """Estimate a mean of losses with its 95 % interval, shape (n_rows,) of values."""
    return _estimate(float(values.mean()), _units(values - values.mean(), groups) / len(values))


def holm(p_values: Floats) -> Floats:
    """Adjust p-values so that those at most 0.05 hold an error with a chance of at most 5 %."""
    order = np.argsort(p_values)
    factors = len(p_values) - np.arange(len(p_values))
    raised = np.maximum.accumulate(p_values[order] * factors)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


@final
@dataclass(frozen=True, slots=True)
class _Means:
    inside: Estimate
    outside: Estimate
    p_value: float

    @property
    def difference(self) -> float:
        return self.inside.value - self.outside.value

    @classmethod
    def of(cls, losses: Floats, mask: Array, groups: Array | None) -> _Means:
        """Compare; what each unit adds to the difference of the means gives its variance."""
        from scipy.special import stdtr  # noqa: PLC0415 - heavy, and not needed to serve

        here = None if groups is None else groups[mask]
        there = None if groups is None else groups[~mask]
        one, other = mean_estimate(losses[mask], here), mean_estimate(losses[~mask], there)
        shift = np.where(mask, losses - one.value, 0.0) / mask.sum()
        shift -= np.where(mask, 0.0, losses - other.value) / (~mask).sum()
        units = _units(shift, groups)
        error = _error(units)
        freedom = (int(mask.sum()) if here is None else len(np.unique(here))) - 1
        difference = one.value - other.value
        if error > 0:
            return cls(one, other, float(stdtr(freedom, -difference / error)))
        return cls(one, other, 1.0)


def _units(parts: Floats, groups: Array | None) -> Floats:
    if groups is None:
        return parts
    numbers: Integers = np.unique(groups, return_inverse=True)[1].ravel()
    return np.bincount(numbers, parts).astype(np.float64)


def _error(units: Floats) -> float:
    """Return the standard error of a sum of independent parts with mean 0."""
    n_units = len(units)
    return float(np.sqrt((units**2).sum() * n_units / (n_units - 1))) if n_units > 1 else 0.0


def _estimate(value: float, units: Floats) -> Estimate:
    if len(units) < 2:
        return Estimate(value, float("nan"), float("nan"), Direction.MIN)
    reach = student_quantile(0.975, len(units) - 1) * _error(units)
    return Estimate(value, value - reach, value + reach, Direction.MIN)


def _is_testable(mask: Array, groups: Array | None) -> bool:
    n_rows = int(mask.sum())
    if not FEWEST_ROWS <= n_rows <= _LARGEST_SHARE * len(mask):
        return False
    return groups is None or len(np.unique(groups[mask])) >= _FEWEST_UNITS


def _by_strength(strengths: Floats) -> list[int]:
    """Order slices by how sure it looks that they are worse; those that do not are left out."""
    return [int(at) for at in np.argsort(-strengths, kind="stable") if strengths[at] > -np.inf]


def _strengths(losses: Floats, masks: Array) -> Floats:
    """Return how sure it looks that each slice is worse, shape (n_slices,); -inf for those that do not."""
    n_rows, counts = len(losses), masks.sum(axis=1)
    centered = losses - losses.mean()
    sums = masks @ centered
    usable = (counts >= FEWEST_ROWS) & (counts <= _LARGEST_SHARE * n_rows) & (sums > 0)
    spread = masks @ centered**2
    n_in = np.maximum(counts, 1)
    n_out = np.maximum(n_rows - counts, 1)
    mean_in, mean_out = sums / n_in, -sums / n_out
    variance = (spread / n_in - mean_in**2) / n_in
    variance += ((centered**2).sum() - spread) / n_out**2 - mean_out**2 / n_out
    strength = (mean_in - mean_out) / np.sqrt(np.maximum(variance, 1e-300))
    return np.where(usable, strength, -np.inf)


def _is_news(mask: Array, known: Array, losses: Floats, groups: Array | None) -> bool:
    """Tell whether a slice says more than one that is reported already.

    Not if both hold much the same rows, nor if it lies inside and is no worse than the rest of that one.
    """
    both = int((mask & known).sum())
    if both >= _SAME * (mask | known).sum():
        return False
    if both < _SAME * mask.sum():
        return True
    here = mask[known]
    return _Means.of(losses[known], here, None if groups is None else groups[known]).p_value <= LEVEL
