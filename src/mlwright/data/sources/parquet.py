"""Parquet files."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import polars as pl

from mlwright.core.errors import DataError
from mlwright.data.frames import from_frame
from mlwright.data.lazy import lazily
from mlwright.data.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.data.raw import Raw
    from mlwright.data.scan import Scan


@final
class Parquet(Source):
    """Apache Parquet."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    def read(self, path: Path) -> Raw:
        """Return all rows."""
        try:
            frame = pl.read_parquet(path, glob=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{path.name} cannot be read as Parquet: {error}.") from error
        return from_frame(frame, path.name)

    def scan(self, path: Path) -> Scan:
        """Read row group by row group."""
        return lazily(pl.scan_parquet(path, glob=False), path.name, "Parquet")
