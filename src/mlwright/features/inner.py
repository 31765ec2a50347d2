"""Inner folds: so that a training row is never encoded with its own target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.seeds import seed_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.arrays import Array, Integers, Singles

_N_FOLDS = 5
_MOST_COPIES = 10
_PROJECTION = 20260101
_ABSENT = -123.456789


def folds_seed(seed: int) -> int:
    """Return the seed of the generator that deals rows to the folds."""
    return seed_for(seed, "encoding")


def inner_folds(dense: Singles, keys: Array, seed: int) -> Iterator[tuple[Integers, Integers]]:
    """Yield pairs of row numbers (inside, outside), five times.

    Copies share a fold: one elsewhere would betray the target of a row just as well. More than ten
    equal rows are no copies but a pattern (decision 4), which may stand in every fold.
    """
    copies = _equal_rows(dense, keys)
    n_groups = int(copies.max()) + 1 if len(copies) else 0
    fold_of = np.random.default_rng(folds_seed(seed)).permutation(np.arange(n_groups) % _N_FOLDS)
    folds = fold_of[copies]
    for fold in range(_N_FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if len(inside) and len(outside):
            yield inside, outside


def _equal_rows(dense: Singles, keys: Array) -> Integers:
    """Return a number per row, the same for equal rows, and for the rows of a pattern different ones."""
    sums = np.zeros(len(dense))
    rng = np.random.default_rng(_PROJECTION)
    # One random weighted sum tells rows apart as surely as all their cells, and sorts a hundred times faster.
    for column in [*dense.T, *keys.T]:
        cells = column.astype(np.float64)
        scaled = np.where(
            np.isnan(cells), _ABSENT, np.arctan(cells) + np.sign(cells) * np.log1p(np.abs(cells))
        )
        sums += rng.random() * scaled
    if not dense.shape[1] + keys.shape[1]:
        return np.arange(len(dense))
    _, copies, counts = np.unique(sums, return_inverse=True, return_counts=True)
    is_pattern = counts[copies] > _MOST_COPIES
    copies[is_pattern] = len(counts) + np.arange(int(is_pattern.sum()))
    return np.unique(copies, return_inverse=True)[1]
