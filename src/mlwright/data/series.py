"""Series: the columns that tell apart the rows of one moment, so that each row continues earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.data.distinct import distinct

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats, Integers

_LEAST_APART, _LEAST_STEADY = 0.95, 0.6
"""Shares: of rows that are alone in series and moment, and of rows whose level the next moment has, too."""
_FEWEST_ROWS = 5
"""In a series on average."""
_MOST_COLUMNS, _MOST_CANDIDATES = 4, 50
_MOST_SAMPLED, _MOST_COUNTED = 20_000, 100_000


def series_columns(candidates: Columns, times: Floats) -> tuple[str, ...] | None:
    """Find the few columns that, together with the time, tell (nearly) all rows apart.

    Only columns whose levels last count: those of each moment must come again at the next. Else any column of
    many levels, a price or the number of a receipt, would tell rows apart.

    Parameters
    ----------
    candidates
        Columns that might name a series, each of shape (n_rows,), in the order of the table.
    times
        Times, none missing, shape (n_rows,).

    Returns
    -------
    Their names, in the order of the table; none if all rows are one series, and None if there are no series.
    """
    moments, places, counts = np.unique(times, return_inverse=True, return_counts=True)
    if len(moments) >= _LEAST_APART * len(times):
        return ()
    rows, pair, side = _sample(places.ravel(), counts)
    if len(moments) < 2 or len(rows) > _MOST_COUNTED:
        return None
    codes = {name: numbered(cells[rows]) for name, cells in list(candidates.items())[:_MOST_CANDIDATES]}
    steady = {name: _steadiness(levels, pair, side) for name, levels in codes.items()}
    lasting = {name: levels for name, levels in codes.items() if steady[name] >= _LEAST_STEADY}
    chosen = _grown(lasting, 2 * pair + side)
    for name in sorted(chosen or (), key=lambda name: steady[name]):
        others = [other for other in chosen or () if other != name]
        if others and _apart(_joined([codes[other] for other in others]), 2 * pair + side) >= _LEAST_APART:
            chosen = others  # a column that came first because of its many levels is not needed in the end
    return None if chosen is None else tuple(name for name in candidates if name in chosen)


def series_numbers(columns: Columns, names: tuple[str, ...], n_rows: int) -> Integers:
    """Return the number of the series of each row, shape (n_rows,)."""
    if not names:
        return np.zeros(n_rows, np.int64)
    return _joined([numbered(columns[name]) for name in names])


def are_long(series: Integers) -> bool:
    """Tell whether series, numbered from 0, hold enough rows to be more than a coincidence of cells."""
    return len(series) >= _FEWEST_ROWS * (int(series.max(initial=0)) + 1)


def numbered(cells: Array) -> Integers:
    """Return the same number for equal cells, from 0, shape (n_rows,)."""
    if cells.dtype == object:
        return distinct(cells)[1]
    return np.unique(cells, return_inverse=True)[1].ravel().astype(np.int64)


def _sample(places: Integers, counts: Integers) -> tuple[Integers, Integers, Integers]:
    """Return rows of pairs of neighboring moments, the pair of each and on which side of it they are."""
    n_moments = len(counts)
    n_pairs = int(np.clip(_MOST_SAMPLED * n_moments // (2 * len(places)), 1, max(1, n_moments // 2)))
    starts = np.linspace(0, max(0, n_moments - 2), n_pairs).astype(np.int64)
    pairs = np.full(n_moments + 1, -1)
    pairs[starts] = pairs[starts + 1] = np.arange(n_pairs)
    rows = np.flatnonzero(pairs[places] >= 0)
    pair = pairs[places[rows]]
    return rows, pair, (places[rows] > starts[pair]).astype(np.int64)


def _steadiness(levels: Integers, pair: Integers, side: Integers) -> float:
    """Return the share of rows at one moment that have a row of their level at the other, in [0, 1]."""
    _, cells = np.unique(levels * (int(pair.max()) + 1) + pair, return_inverse=True)
    first, second = (np.bincount(cells.ravel(), side == one) for one in (0, 1))
    fewest = np.minimum(np.bincount(pair, side == 0), np.bincount(pair, side == 1)).sum()
    return float(np.minimum(first, second).sum() / fewest)


def _grown(codes: dict[str, Integers], moments: Integers) -> list[str] | None:
    """Add the column that tells most rows apart until nearly all are; of enough, the one of fewest series."""
    chosen: list[str] = []
    series, before = np.zeros(len(moments), np.int64), 0.0
    while len(chosen) < _MOST_COLUMNS:
        tried = {name: _joined([series, codes[name]]) for name in codes if name not in chosen}
        shares = {name: _apart(numbers, moments) for name, numbers in tried.items()}
        enough = [name for name, share in shares.items() if share >= _LEAST_APART]
        if enough:
            return [*chosen, min(enough, key=lambda name: int(tried[name].max()))]
        best = max(shares, key=lambda name: (shares[name], -int(tried[name].max())), default=None)
        if best is None or shares[best] <= before:
            return None
        chosen.append(best)
        series, before = tried[best], shares[best]
    return None


def _joined(codes: list[Integers]) -> Integers:
    """Return the same number for rows that are equal in all of these, from 0."""
    found = codes[0]
    for more in codes[1:]:
        found = numbered(found * (int(more.max(initial=0)) + 1) + more)
    return found


def _apart(series: Integers, moments: Integers) -> float:
    """Return the share of rows that are the only, or the first, of their series and moment."""
    return len(np.unique(series * (int(moments.max(initial=0)) + 1) + moments)) / max(1, len(series))
