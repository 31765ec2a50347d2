"""Rows as keys: which rows hold the same cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Integers


def row_keys(columns: Columns) -> Integers:
    """Give two rows the same number exactly if their cells are equal in all columns.

    Missing equals missing, 0 equals -0, strings are compared exactly. Columns are mixed into one hash
    of 64 bits per row: among a million rows two different ones meet with a chance below 1e-7.

    Parameters
    ----------
    columns
        Typed columns, each of shape (n_rows,). To compare two tables, put one under the other first.

    Returns
    -------
    Keys 0 … n_keys-1, shape (n_rows,); the same table gives the same keys.
    """
    hashes = None
    for position, values in enumerate(columns.values()):
        mixed = mix(_codes(values) + np.uint64((position + 1) * int(_ODD) % 2**64))
        hashes = mixed if hashes is None else mix(hashes * _ODD + mixed)
    if hashes is None:
        return np.zeros(0, dtype=np.int64)
    keys: Integers = np.unique(hashes, return_inverse=True)[1].ravel().astype(np.int64)
    return keys


_ODD = np.uint64(0x9E3779B97F4A7C15)


def _codes(values: Array) -> Array:
    """Give equal cells equal numbers of 64 bits."""
    if values.dtype == object:
        seen: dict[object, int] = {}
        return np.array([seen.setdefault(cell, len(seen)) for cell in values.tolist()], dtype=np.uint64)
    numbers = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0
    numbers[np.isnan(numbers)] = np.nan  # one bit pattern for all of them
    return numbers.view(np.uint64)


def mix(hashes: Array) -> Array:
    """Spread every bit over all others.

    Source: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA,
    figure 17.
    """
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = hashes ^ (hashes >> np.uint64(31))
    return mixed
