"""Dealing: rows that belong together, spread evenly over parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers

_MOST_COPIES = 10
_COMMON_SHARE = 0.02
_N_BINS = 20
_LONGEST_CHAIN = 50


def rare_keys(keys: Integers) -> Integers:
    """Tell copied rows from common ones, shape (n_rows,).

    A pattern in more than 10 rows and 2 % of them is how the table is (few columns, few levels), not
    a copy. Kept on one side, such a pattern would be judged by others alone and the test would stand
    for nothing; its rows therefore get a key each.
    """
    inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)[1:]
    inverse = inverse.ravel()
    is_common = (counts > max(_MOST_COPIES, _COMMON_SHARE * len(keys)))[inverse]
    apart: Integers = np.where(is_common, len(keys) + np.arange(len(keys)), inverse)
    return apart


def join(keys: Integers, groups: Array | None) -> Integers:
    """Find the units that must stay whole: rows linked by a shared key or group, shape (n_rows,).

    Where copies would chain most groups into one, the groups alone are the units; then copies in two
    groups must be taken out of the test.
    """
    units: Integers = np.unique(keys, return_inverse=True)[1].ravel().astype(np.int64)
    if groups is None:
        return units
    own: Integers = np.unique(groups, return_inverse=True)[1].ravel().astype(np.int64)
    labels = np.arange(len(units))
    for _ in range(_LONGEST_CHAIN):
        before = labels
        for link in (units, own):
            least = np.full(int(link.max(initial=0)) + 1, len(units))
            np.minimum.at(least, link, labels)
            labels = least[link]
        if np.array_equal(before, labels):
            joined: Integers = np.unique(labels, return_inverse=True)[1].ravel().astype(np.int64)
            return joined if 2 * (joined.max(initial=0) + 1) >= own.max(initial=0) + 1 else own
    return own


def strangers(is_one: Array, is_other: Array, units: Integers) -> Array:
    """Return which rows of one side share no unit with the other side, shape (n_rows,)."""
    is_known = np.zeros(int(units.max(initial=0)) + 1, dtype=bool)
    is_known[units[is_other]] = True
    found: Array = is_one & ~is_known[units]
    return found


def without_copies(is_train: Array, is_test: Array, keys: Integers) -> tuple[Array, Array]:
    """Take copies out of the test or, where that would cost most of it, out of training.

    Where either would leave nothing, all stay; the proof counts them.
    """
    test, train = strangers(is_test, is_train, keys), strangers(is_train, is_test, keys)
    if test.any() and (2 * test.sum() >= is_test.sum() or not train.any()):
        return is_train, test
    return (train, is_test) if train.any() else (is_train, is_test)


def ranks(values: Floats, units: Integers, n_classes: int, rng: np.random.Generator) -> Integers:
    """Put units in an order in which neighbors are alike, so that dealing by rank is stratified.

    Units are ordered by the rarest class they hold (or by twenty bins of their mean value), then by
    size, then at random. Every k-th unit of this order is a stratified sample.

    Parameters
    ----------
    values
        Class numbers or values, shape (n_rows,).
    units
        The unit of each row, shape (n_rows,).
    n_classes
        0 for values.
    rng
        Breaks ties.

    Returns
    -------
    The rank of each unit, shape (n_units,).
    """
    sizes = np.bincount(units)
    if n_classes:
        classes = values.astype(np.int64)
        by_count = np.argsort(np.argsort(np.bincount(classes, minlength=n_classes), kind="stable"))
        stratum = np.full(len(sizes), n_classes)
        np.minimum.at(stratum, units, by_count[classes])
    else:
        means = np.bincount(units, values) / sizes
        n_bins = max(1, min(_N_BINS, len(sizes) // 5))
        stratum = np.argsort(np.argsort(means, kind="stable")) * n_bins // len(sizes)
    order = np.lexsort((rng.random(len(sizes)), sizes, stratum))
    positions = np.empty(len(sizes), dtype=np.int64)
    positions[order] = np.arange(len(sizes))
    return positions


def drawn(positions: Integers, share: float, rng: np.random.Generator) -> Array:
    """Draw a share of the units by rank, evenly spread, shape (n_units,).

    Of two units or more never none and never all.
    """
    n_units = len(positions)
    if n_units < 2:
        return np.ones(n_units, dtype=bool)
    steps = np.floor((np.arange(n_units + 1) + rng.random() / share) * share)
    is_drawn: Array = np.diff(steps)[positions] > 0
    if not is_drawn.any():
        is_drawn[rng.integers(n_units)] = True
    if is_drawn.all():
        is_drawn[rng.integers(n_units)] = False
    return is_drawn


def settle(is_test: Array, classes: Integers, units: Integers, n_test_classes: int) -> Array:
    """Move units so that every class is learned from and, where it can be, judged.

    Classes without a row in training get all their units back. Of at most `n_test_classes` classes,
    each without a row in the test sends one unit there if it keeps another.

    Parameters
    ----------
    is_test
        Whether a unit is in the test, shape (n_units,).
    classes, units
        The class number and the unit of each row, shape (n_rows,).
    n_test_classes
        With more classes than this none is sent to the test.

    Returns
    -------
    Whether a unit is in the test, shape (n_units,).
    """
    settled = is_test.copy()
    n_classes = int(classes.max(initial=0)) + 1
    if n_classes <= n_test_classes:
        _send_missing(settled, classes, units, n_classes)
    is_lost = np.bincount(classes[~settled[units]], minlength=n_classes) == 0
    settled[units[is_lost[classes]]] = False
    return settled if settled.any() else is_test


def _send_missing(is_test: Array, classes: Integers, units: Integers, n_classes: int) -> None:
    """Send the smallest unit of each class missing from the test there, in place."""
    sizes = np.bincount(units)
    for number in range(n_classes):
        of_class = np.unique(units[classes == number])
        if len(of_class) < 2 or is_test[of_class].any():
            continue
        smallest = of_class[np.argmin(sizes[of_class])]
        if sizes[smallest] * 2 <= sizes.sum():
            is_test[smallest] = True
