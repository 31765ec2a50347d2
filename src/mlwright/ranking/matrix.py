"""Histories as matrices, and the largest entries of each row."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.recommender import Histories

_MOST_ROWS, _MOST_CELLS = 1_000, 16_000_000
"""Of a matrix of items by items: what is dense at the same time."""
_MOST_PAIRS = 30_000_000
"""Of items of one user, added up over users: what counting together may cost."""
_LATEST = 500
_N_LOTS = 1_000
_TINY = 1e-6


def matrix(known: Histories) -> Any:
    """Return strengths as a sparse matrix of shape (n_users, n_items), in single precision."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, and not needed to serve

    shape = known.n_users, known.n_items
    return csr_matrix((known.strengths, known.items, known.starts), shape=shape, dtype=np.float32)


def unit_rows(rows: Any) -> Any:
    """Divide the rows of a sparse matrix by their lengths; empty ones stay."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    found = rows.copy()
    found.data /= np.repeat(np.maximum(lengths, _TINY), np.diff(rows.indptr)).astype(np.float32)
    return found


def countable(known: Histories) -> Histories:
    """Return the latest events of each user and, of many users, as many as can be counted pair by pair."""
    recent = known.keep(known.positions < _LATEST)
    pairs = recent.lengths.astype(np.float64) ** 2
    if pairs.sum() <= _MOST_PAIRS:
        return recent
    order = np.random.default_rng(0).permutation(recent.n_users)
    n_users = int(np.searchsorted(np.cumsum(pairs[order]), _MOST_PAIRS))
    return recent.take(np.sort(order[: max(1, n_users)]))


def counting_s(known: Histories) -> float:
    """Say about how long it takes to count pairs and to find the largest counts of each item [s]."""
    n_pairs = float((np.minimum(known.lengths, _LATEST).astype(np.float64) ** 2).sum())
    return 1.2e-5 * known.n_items + 1e-7 * min(n_pairs, _MOST_PAIRS)


def blocks(n_items: int) -> Iterator[Array]:
    """Go through the items, some at a time."""
    size = max(1, min(_MOST_ROWS, _MOST_CELLS // max(1, n_items)))
    for start in range(0, n_items, size):
        yield np.arange(start, min(n_items, start + size))


def largest(entries: Any, n_most: int) -> tuple[Integers, Singles]:
    """Return, for each row of a sparse matrix, where its entries furthest from zero stand, and the entries.

    Both have shape (n_rows, n_most), of equal ones the first; zeros at column 0 fill up.
    """
    rows = entries.tocsr()
    rows.sort_indices()
    at = np.zeros((rows.shape[0], n_most), np.int64)
    values = np.zeros((rows.shape[0], n_most), np.float32)
    for number, (start, end) in enumerate(pairwise(rows.indptr.tolist())):
        columns, found = rows.indices[start:end], rows.data[start:end]
        if end - start > n_most:
            size = np.abs(found)
            bound = np.partition(size, -n_most)[-n_most]
            above = np.flatnonzero(size > bound)
            kept = np.concatenate([above, np.flatnonzero(size == bound)[: n_most - len(above)]])
            columns, found = columns[kept], found[kept]
        at[number, : len(found)], values[number, : len(found)] = columns, found
    return at, values


def largest_dense(scores: Floats, n_most: int) -> tuple[Integers, Singles]:
    """Return the same of a dense matrix, in no order."""
    n_most = min(n_most, scores.shape[1])
    at = np.argpartition(-np.abs(scores), n_most - 1, axis=1)[:, :n_most]
    return at.astype(np.int64), np.take_along_axis(scores, at, axis=1).astype(np.float32)


def best(scores: Singles, n_most: int) -> Integers:
    """Return the columns with the highest scores of each row, the best first, of equal ones the first.

    Shape (n_rows, min(n_most, n_columns)).
    """
    n_most = min(n_most, scores.shape[1])
    found = np.zeros((len(scores), n_most), np.int64)
    for at, row in enumerate(scores if n_most else ()):
        found[at] = _best_of_row(row, n_most)
    return found


def _best_of_row(row: Singles, n_most: int) -> Integers:
    """Return the places of the largest, after one look at each of them; partitions take ten times as long.

    Of so many lots of the row, each has one entry that is not below the least of their largest.
    """
    size = max(1, len(row) // max(_N_LOTS, 4 * n_most))
    n_lots = len(row) // size
    bound = np.sort(row[: n_lots * size].reshape(size, n_lots).max(axis=0))[-n_most]
    above = np.flatnonzero(row > bound)
    places = above[np.argsort(-row[above], kind="stable")[:n_most]]
    if len(places) < n_most:
        places = np.concatenate([places, np.flatnonzero(row == bound)[: n_most - len(places)]])
    if len(places) < n_most:  # some are no number
        places = np.argsort(-row, kind="stable")[:n_most]
    return places
