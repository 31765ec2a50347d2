"""Orders of rows: what neighbors tell, and how well two orders or two sorts of rows agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats

_REACH = 3
_EVEN = 0.05


def told_by_neighbors(by: Array, target: Floats, n_classes: int, is_first: Array) -> Floats:
    """Return the mean target of the six nearest rows in the other half, shape (n_rows, n_scores).

    `by`, shape (n_rows,), has no missing cells. A row's own target is never used.
    """
    wide = max(1, n_classes)
    outcomes = np.eye(wide)[target.astype(np.int64)] if n_classes else target[:, None]
    found = np.empty((len(target), wide))
    for here in (is_first, ~is_first):
        there = np.flatnonzero(~here)
        there = there[np.argsort(by[there], kind="stable")]
        sums = np.concatenate([np.zeros((1, wide)), np.cumsum(outcomes[there], axis=0)])
        at = np.searchsorted(by[there], by[here])
        low, high = np.clip(at - _REACH, 0, len(there)), np.clip(at + _REACH, 0, len(there))
        found[here] = (sums[high] - sums[low]) / np.maximum(high - low, 1)[:, None]
    return found


def is_even(numbers: Floats) -> bool:
    """Tell whether numbers lie evenly over their range, as numbers that were given out one by one do."""
    ordered = np.sort(numbers)
    reach = ordered[-1] - ordered[0]
    if not reach > 0:
        return False
    gaps = np.abs((ordered - ordered[0]) / reach - np.linspace(0.0, 1.0, len(ordered)))
    return bool(gaps.max() < _EVEN)


def rank_correlation(one: Floats, other: Floats) -> float:
    """Return Spearman's correlation of two columns without missing cells; 0 where one does not vary."""
    ranks = [np.unique(values, return_inverse=True)[1].ravel() for values in (one, other)]
    counted = [np.bincount(rank) for rank in ranks]
    middles = [(n.cumsum() - (n - 1) / 2.0)[rank] for n, rank in zip(counted, ranks, strict=True)]
    spread = [float(middle.std()) for middle in middles]
    if min(spread) == 0.0:
        return 0.0
    return float(
        np.mean((middles[0] - middles[0].mean()) * (middles[1] - middles[1].mean())) / np.prod(spread)
    )


def separation(values: Floats, is_one: Array) -> float:
    """Return how well two sorts of rows are told apart by a value, in [0, 1]: twice the ROC AUC less one."""
    others, own = np.sort(values[~is_one]), values[is_one]
    ranks = np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")
    return abs(float(ranks.mean() / len(others)) - 1.0)
