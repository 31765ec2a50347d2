"""Forward in time: learn from the past, be judged by what came later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import DataError

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


def later_strangers(is_past: Array, is_later: Array, units: Integers) -> Array:
    """Return which later rows share no unit with a past row, shape (n_rows,)."""
    is_known = np.zeros(int(units.max(initial=0)) + 1, dtype=bool)
    is_known[units[is_past]] = True
    strangers: Array = is_later & ~is_known[units]
    return strangers


def pair(
    is_past: Array, is_later: Array, keys: Integers, units: Integers | None, is_drawn: Array | None
) -> tuple[Array, Array]:
    """Choose rows to learn from and rows to judge by, past before later and nothing shared.

    Later rows whose key or unit is known from the past are left out. If groups live so long that
    less than a third of the later rows remains, groups are divided instead: the drawn ones are judged
    later and never learned from.

    Parameters
    ----------
    is_past, is_later
        The two spans, shape (n_rows,).
    keys
        Keys of copied rows, shape (n_rows,).
    units
        Rows linked by key or group, shape (n_rows,); None without groups.
    is_drawn
        Whether a row's unit may be judged when groups are divided, shape (n_rows,).

    Returns
    -------
    Whether a row is learned from, whether it is judged by; each of shape (n_rows,).
    """
    if units is None or is_drawn is None:
        fresh = later_strangers(is_past, is_later, keys)
        return is_past, fresh if fresh.any() else is_later
    fresh = later_strangers(is_past, is_later, units)
    if 3 * fresh.sum() >= is_later.sum():
        return is_past, fresh
    train, test = is_past & ~is_drawn, is_later & is_drawn
    return (train, test) if train.any() and test.any() else (is_past, fresh)
