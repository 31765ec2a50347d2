"""Files that polars reads piece by piece."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from mlwright.core.errors import DataError
from mlwright.data.frames import EXACT, from_frame
from mlwright.data.scan import Scan, lot_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.data.raw import Raw

_WHOLE = frozenset({pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64})


def lazily(lazy: pl.LazyFrame, source: str, read_as: str) -> Scan:
    """Go through a file that polars reads piece by piece; `read_as` names the format in errors."""
    try:
        kinds = lazy.collect_schema()
        n_rows = int(lazy.select(pl.len()).collect().item())
        with_gaps = _with_gaps(lazy, kinds, n_rows)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(source, read_as, error) from error

    def lots(names: tuple[str, ...]) -> Iterator[Raw]:
        wanted = [pl.col(name).cast(with_gaps.get(name, kinds[name])) for name in names]
        frames = lazy.select(wanted).collect_batches(chunk_size=lot_rows(len(names)), maintain_order=True)
        n_before = 0
        try:
            for frame in frames:
                yield replace(from_frame(frame, source), n_before=n_before)
                n_before += frame.height
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(source, read_as, error) from error

    return Scan(tuple(kinds.names()), n_rows, source, lots)


def _with_gaps(lazy: pl.LazyFrame, kinds: Any, n_rows: int) -> dict[str, Any]:
    """Say what whole numbers are read as where some are missing, whether or not some are in a lot.

    As `from_frame` does if it sees all rows: as doubles if these hold them all, else one by one, for which a
    type stands that it has no quicker way for.
    """
    names = [name for name, kind in kinds.items() if kind in _WHOLE]
    if not names or not n_rows:
        return {}
    columns = pl.col(names)
    facts = lazy.select(
        columns.null_count().name.prefix("gaps "),
        columns.min().name.prefix("low "),
        columns.max().name.prefix("high "),
    )
    row = facts.collect(engine="streaming").row(0, named=True)
    some = [name for name in names if 0 < row[f"gaps {name}"] < n_rows]
    largest = {name: max(-row[f"low {name}"], row[f"high {name}"]) for name in some}
    return {name: pl.Float64 if largest[name] <= EXACT else pl.Int128 for name in some}


def _unreadable(source: str, read_as: str, error: Exception) -> DataError:
    return DataError(f"{source} cannot be read as {read_as}: {error}.")
