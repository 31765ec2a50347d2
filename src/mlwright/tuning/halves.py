"""Halves: what one half of the rows teaches must pay on the other before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.arrays import Array, Floats, Integers


def pays(gain: Callable[[Integers, Integers], Floats], order: Integers, alike: Array | None = None) -> bool:
    """Tell whether each half of the rows gains by what the other teaches, beyond a standard error on average.

    Parameters
    ----------
    gain
        Learns from the first rows and returns what each of the second rows gains by it, shape (n_rows,).
    order
        The rows in random order, shape (n_rows,).
    alike
        A number per row of the table, equal where rows err alike: these stay in one half, else what is
        learned would be judged by its like, and they count as one. None if all are independent.
    """
    units = np.arange(len(order))
    if alike is not None:
        _, first, numbers = np.unique(alike[order], return_index=True, return_inverse=True)
        units = np.argsort(np.argsort(first))[numbers.ravel()]
    is_first = units < (int(units.max(initial=-1)) + 1) // 2
    one, other = order[is_first], order[~is_first]
    if not len(one) or not len(other):
        return False
    gains = np.concatenate([gain(other, one), gain(one, other)])
    of_gain = np.concatenate([units[is_first], units[~is_first]])
    off = np.bincount(of_gain, gains - gains.mean())
    error = float(np.sqrt((off**2).sum())) / len(gains)
    return bool(gains.mean() > error)
