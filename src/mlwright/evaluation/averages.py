"""Averages over rows, or over some of them, with their intervals, all on the same resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.evaluation.resample import Units, interval, ratio, unseen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats


@final
@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """What is averaged, shape (n_rows,), and over which rows (booleans; None: over all).

    Only of a share, of zeros and ones, can it be bounded what no row has shown yet: an amount of money that
    was 0 everywhere may be anything next time.
    """

    values: Floats
    rows: Array | None = None
    is_share: bool = False


def averages(
    wanted: Sequence[Average],
    direction: Direction,
    *,
    groups: Array | None = None,
    seed: int = 0,
) -> list[Estimate]:
    """Average each, with a 95 % interval from 1,000 resamples of rows or groups; NaN where there is no row.

    A share that no row contradicts gets the exact binomial bound.

    Parameters
    ----------
    groups
        Rows of one group, shape (n_rows,), are resampled together; None means that rows are independent.
    """
    if not wanted or not len(wanted[0].values):
        return [Estimate(float("nan"), float("nan"), float("nan"), direction) for _ in wanted]
    n_rows = len(wanted[0].values)
    units = Units.of(n_rows, groups, seed)
    columns = [np.ones(n_rows)]
    places = []
    for one in wanted:
        if one.rows is None:
            places.append((len(columns), 0))
            columns.append(one.values)
        else:
            places.append((len(columns), len(columns) + 1))
            columns += [np.where(one.rows, one.values, 0.0), one.rows.astype(np.float64)]
    parts = np.column_stack(columns)
    sums = units.sums(parts)
    drawn = units.resampled_means(sums, seed, 1000)
    found = []
    for (top, bottom), one in zip(places, wanted, strict=True):
        value = float(one.values.mean()) if one.rows is None else _mean(one.values, one.rows)
        pair = [top, bottom]
        low, high = interval(ratio, units, sums[:, pair], drawn[:, pair])
        if one.is_share and low == high:
            low, high = unseen(value, sums[:, [bottom]])
        found.append(Estimate(value, low, high, direction))
    return found


def _mean(values: Floats, rows: Array) -> float:
    return float(values[rows].mean()) if rows.any() else float("nan")
