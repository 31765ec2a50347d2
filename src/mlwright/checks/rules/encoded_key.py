"""A number that is the mean target of a group of rows, these rows among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.schema import Kind

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.rule import Case, Single

_FEWEST_LEVELS, _FEWEST_REPEATED = 20, 0.3
_MOST_ROWS_A_LEVEL = 200
_TOO_GOOD, _CERTAIN = 0.5, 0.25
"""Squared distance of level means to the column, over what honest means would show; 1 by chance."""
_FAR = -4.0
"""So many standard deviations from what honest means would show."""
_MOST_OPEN = 0.5
_MOST_OUTCOMES = 5
_FEWEST_AT_END, _FEWEST_SHARES, _UNFAIR = 10, 4, 0.1


@final
class EncodedKey(Rule):
    """An encoding of a key by the target that each row took part in."""

    title = "is the mean of the target in a group, the row itself included"
    says = "Each row carries a bit of its own answer in this column; new rows will not."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return numbers that lie closer to the mean target of their rows than chance allows.

        A number known in advance cannot tell which way the noise of few rows went. One computed from
        them does: the means of its levels then spread around it less than the rows' own noise demands.
        """
        found = {}
        for outcome in _outcomes(case):
            for name, single in case.singles.items():
                suspect = None if name in found else _judge(single, outcome) or _shares(single, outcome)
                if suspect is not None:
                    found[name] = suspect
        return list(found.values())


def _outcomes(case: Case) -> list[Floats]:
    """Return what may have been averaged: the value, or whether a row is of a class."""
    whole = [] if case.values is None else [case.values]
    if not case.n_classes:
        return whole
    counts = np.bincount(case.target.astype(np.int64), minlength=case.n_classes)
    usual = np.argsort(-counts, kind="stable")[: _MOST_OUTCOMES if case.n_classes > 2 else 1]
    return whole + [(case.target == k).astype(np.float64) for k in usual if counts[k] >= _FEWEST_AT_END]


def _shares(single: Single, outcome: Floats) -> Suspect | None:
    """Find shares of an outcome in small groups: 0 and 1 are then never wrong, and the rest is fair.

    For two classes a share in the opposite direction counts as well.
    """
    x = single.numbers
    if x is None or single.kind is not Kind.NUMBER or set(np.unique(outcome)) != {0.0, 1.0}:
        return None
    is_known = ~np.isnan(x)
    x, y = x[is_known], outcome[is_known]
    if len(x) < 0.5 * len(outcome) or x.min() != 0.0 or x.max() != 1.0 or len(np.unique(x)) <= _FEWEST_SHARES:
        return None
    if np.mean(y[x == 0.0]) > 0.5:
        y = 1.0 - y
    ends = [x == 0.0, x == 1.0]
    if min(end.sum() for end in ends) < _FEWEST_AT_END or y[ends[0]].any() or not y[ends[1]].all():
        return None
    middle = ~(ends[0] | ends[1])
    if abs(float(np.mean(y[middle] - x[middle]))) > _UNFAIR:
        return None
    return Suspect(
        column=single.name,
        strength=Strength.FAIR,
        message=said(
            "It looks like the share of an outcome in small groups, each row counted in its own: where it is "
            "0 or 1 it is never wrong, and in between it is right on average."
        ),
        evidence={"n_zero": int(ends[0].sum()), "n_one": int(ends[1].sum())},
    )


def _judge(single: Single, target: Floats) -> Suspect | None:
    numbers = single.numbers
    if numbers is None or single.kind is not Kind.NUMBER:
        return None
    is_known = ~np.isnan(numbers)
    levels, at, counts = np.unique(numbers[is_known], return_inverse=True, return_counts=True)
    is_repeated = counts >= 2
    if is_repeated.sum() < _FEWEST_LEVELS or counts[is_repeated].sum() < _FEWEST_REPEATED * len(target):
        return None
    if counts[is_repeated].mean() > _MOST_ROWS_A_LEVEL:
        return None
    at = at.ravel()
    sums = np.bincount(at, target[is_known])
    squares = np.bincount(at, target[is_known] ** 2)
    n = counts[is_repeated].astype(np.float64)
    means, x = (sums / counts)[is_repeated], levels[is_repeated]
    noise = np.maximum(squares[is_repeated] / n - means**2, 0.0) * n / (n - 1)
    off, total = _distance(x, means, n)
    n_noisy = int(np.count_nonzero(noise > 1e-12 * max(total, 1e-300)))
    if n_noisy < _FEWEST_LEVELS or off > _MOST_OPEN * total:
        return None
    ratio = off / float(noise.sum())
    if ratio > _TOO_GOOD or _deviation(ratio, n_noisy) > _FAR:
        return None
    return Suspect(
        column=single.name,
        strength=Strength.CERTAIN if ratio <= _CERTAIN else Strength.FAIR,
        message=said(
            "It agrees with the mean target of the rows that share its value better than chance allows, in "
            "{n:,} groups.",
            n=len(x),
        ),
        evidence={"distance_over_chance": round(ratio, 4), "n_groups": len(x)},
    )


def _deviation(ratio: float, n_levels: int) -> float:
    """Return the normal quantile of a mean of so many squares that should be 1.

    Source: Wilson and Hilferty (1931), The distribution of chi-square, PNAS 17.
    """
    spread = 2.0 / (9.0 * n_levels)
    return float((np.cbrt(ratio) - (1.0 - spread)) / np.sqrt(spread))


def _distance(x: Floats, means: Floats, n: Floats) -> tuple[float, float]:
    """Return the weighted squares between means and the best line through them, and around their mean."""
    center, middle = np.average(x, weights=n), np.average(means, weights=n)
    spread = float((n * (x - center) ** 2).sum())
    slope = float((n * (x - center) * (means - middle)).sum()) / max(spread, 1e-300)
    rest = means - middle - slope * (x - center)
    return float((n * rest**2).sum()), float((n * (means - middle) ** 2).sum())
