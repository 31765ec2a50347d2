"""Inner folds: so that a training row is never encoded with its own target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.arrays import Array, Integers, Singles

_N_FOLDS = 5
_MOST_COPIES = 10


def inner_folds(dense: Singles, keys: Array, seed: int) -> Iterator[tuple[Integers, Integers]]:
    """Yield pairs of row numbers (inside, outside), five times.

    Copies share a fold: one elsewhere would betray the target of a row just as well. More than ten
    equal rows are no copies but a pattern (decision 4), which may stand in every fold.
    """
    copies = _equal_rows(dense, keys)
    n_groups = int(copies.max()) + 1 if len(copies) else 0
    fold_of = stream(seed, "encoding").permutation(np.arange(n_groups) % _N_FOLDS)
    folds = fold_of[copies]
    for fold in range(_N_FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if len(inside) and len(outside):
            yield inside, outside


def _equal_rows(dense: Singles, keys: Array) -> Integers:
    """Return a number per row, the same for equal rows."""
    table = np.hstack([np.nan_to_num(dense, nan=-1.2345e30), keys.astype(np.float32)])
    if not table.shape[1]:
        return np.arange(len(table))
    rows = np.ascontiguousarray(table).view(np.dtype((np.void, table.dtype.itemsize * table.shape[1])))
    _, copies, counts = np.unique(rows.ravel(), return_inverse=True, return_counts=True)
    is_pattern = counts[copies] > _MOST_COPIES
    alone = len(counts) + np.arange(int(is_pattern.sum()))
    copies[is_pattern] = alone
    return np.unique(copies, return_inverse=True)[1]
