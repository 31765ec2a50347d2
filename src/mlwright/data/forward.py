"""Forward in time: learn from the past, be judged by what came later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import DataError
from mlwright.data.deal import strangers

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers


def time_blocks(times: Floats, shares: list[float]) -> Integers:
    """Cut rows into consecutive blocks; rows of one time stay together, shape (n_rows,).

    Rows without a time count as the earliest.

    Parameters
    ----------
    times
        Epoch seconds, NaN where unknown, shape (n_rows,).
    shares
        Where to cut, as ascending shares of the rows in (0, 1).

    Raises
    ------
    DataError
        If there are fewer different times than blocks.
    """
    known = np.where(np.isnan(times), -np.inf, times)
    levels, inverse, counts = np.unique(known, return_inverse=True, return_counts=True)
    if len(levels) <= len(shares):
        raise DataError(
            f"The time column has {len(levels)} different times, but {len(shares) + 1} spans in order are "
            "needed. Use a finer time column, or none."
        )
    before = np.concatenate([[0], counts.cumsum()[:-1]])  # rows earlier than each level
    cuts, least = [], 1
    for number, share in enumerate(shares):
        most = len(levels) - (len(shares) - number)  # leave a level for each later block
        near = np.abs(before[least : most + 1] - share * len(times))
        cuts.append(least + int(np.argmin(near)))
        least = cuts[-1] + 1
    return np.searchsorted(np.array(cuts), inverse.ravel(), side="right").astype(np.int64)


def are_long_lived(is_past: Array, is_later: Array, units: Integers) -> bool:
    """Tell whether less than a third of the later rows belong to units unknown in the past."""
    return bool(3 * strangers(is_later, is_past, units).sum() < is_later.sum())


def divided(is_past: Array, is_later: Array, units: Integers, is_drawn: Array) -> tuple[Array, Array]:
    """Choose rows to learn from and rows to judge by, past before later and no unit in both.

    Later rows whose unit is known from the past are left out. If units are long-lived, so that this
    would cost most later rows, they are divided instead: the drawn ones are judged later and never
    learned from.

    Parameters
    ----------
    is_past, is_later
        The two spans, shape (n_rows,).
    units
        Rows linked by group, shape (n_rows,).
    is_drawn
        Whether a row's unit is judged when units are divided, shape (n_rows,).

    Returns
    -------
    Whether a row is learned from, whether it is judged by; each of shape (n_rows,).
    """
    fresh = strangers(is_later, is_past, units)
    if not are_long_lived(is_past, is_later, units):
        return is_past, fresh
    train, test = is_past & ~is_drawn, is_later & is_drawn
    return (train, test) if train.any() and test.any() else (is_past, fresh)
