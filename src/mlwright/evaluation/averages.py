"""Averages over rows, or over some of them, with their intervals, all on the same resamples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.evaluation.resample import Units, interval, unseen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats

    Average = tuple[Floats, "Array | None"]
    """What is averaged, shape (n_rows,), and over which rows (booleans; None: over all)."""


def averages(
    wanted: Sequence[Average],
    direction: Direction,
    *,
    n_shares: int = 0,
    groups: Array | None = None,
    seed: int = 0,
) -> list[Estimate]:
    """Average each, with a 95 % interval from 1,000 resamples of rows or groups; NaN where there is no row.

    Parameters
    ----------
    n_shares
        The first so many are shares of rows: where no row contradicts, they get the exact binomial bound.
        The others are amounts, of which nothing is known beyond the rows.
    groups
        Rows of one group, shape (n_rows,), are resampled together; None means that rows are independent.
    """
    if not wanted or not len(wanted[0][0]):
        return [Estimate(float("nan"), float("nan"), float("nan"), direction) for _ in wanted]
    n_rows = len(wanted[0][0])
    units = Units.of(n_rows, groups, seed)
    columns = [np.ones(n_rows)]
    places = []
    for values, rows in wanted:
        if rows is None:
            places.append((len(columns), 0))
            columns.append(values)
        else:
            places.append((len(columns), len(columns) + 1))
            columns += [np.where(rows, values, 0.0), rows.astype(np.float64)]
    parts = np.column_stack(columns)
    sums = units.sums(parts)
    drawn = units.resampled_means(sums, seed, 1000)
    found = []
    for number, ((top, bottom), (values, rows)) in enumerate(zip(places, wanted, strict=True)):
        value = float(values.mean()) if rows is None else _mean(values, rows)
        pair = [top, bottom]
        low, high = interval(_ratio, units, sums[:, pair], drawn[:, pair])
        if number < n_shares and low == high and value in (0.0, 1.0):
            low, high = unseen(value, sums[:, [bottom]])
        found.append(Estimate(value, low, high, direction))
    return found


def _mean(values: Floats, rows: Array) -> float:
    return float(values[rows].mean()) if rows.any() else float("nan")


def _ratio(means: Floats) -> Floats:
    bottoms = means[..., 1]
    ratio: Floats = np.divide(means[..., 0], bottoms, out=np.full(bottoms.shape, np.nan), where=bottoms > 0)
    return ratio
