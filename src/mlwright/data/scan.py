"""Scan: rows that are read a lot at a time, so that any number of them fits into memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.data.raw import check_same_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mlwright.data.raw import Raw

    Lots = Callable[[tuple[str, ...]], Iterator[Raw]]
    """From the names of the wanted columns to the rows in their order."""

_CELLS, _MOST_ROWS, _FEWEST_ROWS = 2**18, 2**14, 2**8


@final
@dataclass(frozen=True, slots=True)
class Scan:
    """Rows that can be gone through as often as needed, the same cells as reading them at once gives.

    `names` are all columns, `n_rows` all rows; `lots` goes through the columns that are wanted.
    """

    names: tuple[str, ...]
    n_rows: int
    source: str
    lots: Lots


def lot_rows(n_columns: int) -> int:
    """Return how many rows to read at once: many enough to be fast, few enough to be small."""
    return int(np.clip(_CELLS // max(1, n_columns), _FEWEST_ROWS, _MOST_ROWS))


def whole(raw: Raw) -> Scan:
    """Go through rows that are in memory already."""

    def lots(names: tuple[str, ...]) -> Iterator[Raw]:
        yield from numbered([raw.select(*names)])

    return Scan(raw.names, raw.n_rows, raw.source, lots)


def together(parts: Sequence[Scan], source: str) -> Scan:
    """Go through one table after the other; all need the columns of the first, in any order.

    Rows are numbered anew in each. Raises DataError as `concat` does.
    """
    first = parts[0]
    for part in parts[1:]:
        check_same_columns(first.names, first.source, part.names, part.source)

    def lots(names: tuple[str, ...]) -> Iterator[Raw]:
        for part in parts:
            yield from part.lots(names)

    return Scan(first.names, sum(part.n_rows for part in parts), source, lots)


def numbered(pieces: Iterable[Raw]) -> Iterator[Raw]:
    """Cut what came in larger pieces into lots that know how many rows stand before them."""
    n_before = 0
    for piece in pieces:
        known, size = replace(piece, n_before=n_before), lot_rows(len(piece.columns))
        for start in range(0, known.n_rows, size):
            yield known.part(start, start + size)
        n_before += piece.n_rows
