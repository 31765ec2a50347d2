"""Order: sorting many rows by several numbers, and telling equal ones apart, without a look-up for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Integers

_BITS = 62
_FLOAT_BITS = 52
"""So many bits of a key of doubles are told apart at first: more than that they do not hold."""


def in_order(*keys: Array) -> Integers:
    """Return the places of rows sorted by the first key, of equal ones by the next, and then as they stand.

    The same as `np.lexsort(keys[::-1])`, which sorts once for each key. Here the keys, of shape (n_rows,),
    whole or finite, are packed into one whole number, the last ones perhaps roughly, and only rows that are
    equal in it are looked at again.
    """
    packed, room = np.zeros(len(keys[0]), np.int64), _BITS
    for key in keys:
        part, n_bits, is_exact = _packed(key, room)
        packed = (packed << n_bits) | part
        room -= n_bits
        if not is_exact:
            break
    order = np.argsort(packed)
    is_again = packed[order[1:]] == packed[order[:-1]]
    if is_again.any():
        tied = np.flatnonzero(np.append(is_again, False) | np.append(False, is_again))
        rows = order[tied]
        order[tied] = rows[np.lexsort((rows, *(key[rows] for key in reversed(keys)), packed[rows]))]
    return order


def _packed(key: Array, room: int) -> tuple[Integers, int, bool]:
    """Return whole numbers from 0 on in the order of a key, how many bits they have, and whether that is all.

    What does not fit into the room is rounded down, so that unequal keys may become equal, but never change
    places.
    """
    if not len(key):
        return np.zeros(0, np.int64), 0, True
    low, high = key.min(), key.max()
    if key.dtype.kind == "f":
        with np.errstate(over="ignore"):
            span = float(high - low)
        is_whole = span < 2.0**_FLOAT_BITS and bool((key == np.floor(key)).all())
        if not is_whole:
            if not 0 < span < np.inf:
                return np.zeros(len(key), np.int64), 0, not span
            n_bits = min(room, _FLOAT_BITS)
            return ((key - low) / span * (2.0**n_bits - 1.0)).astype(np.int64), n_bits, False
    n_bits = (int(high) - int(low)).bit_length()
    part: Integers = (key - low).astype(np.int64) >> max(0, n_bits - room)
    return part, min(n_bits, room), n_bits <= room


def different(values: Array) -> Array:
    """Return the different values of an array in their order."""
    found = np.sort(values)
    return found[_begin(found)]


def n_different(values: Array) -> int:
    """Return how many different values there are."""
    return int(_begin(np.sort(values)).sum())


def runs(values: Array) -> tuple[Integers, Array]:
    """Return the places of values in their order, equal ones as they stand, and where another begins."""
    order = in_order(values)
    return order, _begin(values[order])


def are_among(values: Array, others: Array) -> Array:
    """Tell which of some values are among others, which are in their order and different."""
    if not len(others):
        return np.zeros(len(values), bool)
    found: Array = others[np.minimum(np.searchsorted(others, values), len(others) - 1)] == values
    return found


def _begin(ordered: Array) -> Array:
    """Tell where in an ordered array another value begins."""
    found = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found
