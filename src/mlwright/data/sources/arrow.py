"""Arrow files (Feather version 2) and Arrow streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import polars as pl

from mlwright.core.errors import DataError
from mlwright.data.frames import from_frame
from mlwright.data.lazy import lazily
from mlwright.data.scan import whole
from mlwright.data.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.data.raw import Raw
    from mlwright.data.scan import Scan

_MAGIC = b"ARROW1"


@final
class Arrow(Source):
    """Apache Arrow, as a file or a stream."""

    suffixes: ClassVar[tuple[str, ...]] = (".arrow", ".feather", ".ipc", ".arrows")

    def read(self, path: Path) -> Raw:
        """Return all rows."""
        try:
            data = path.read_bytes()
            frame = pl.read_ipc(data) if data.startswith(_MAGIC) else pl.read_ipc_stream(data)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{path.name} cannot be read as Arrow: {error}.") from error
        return from_frame(frame, path.name)

    def scan(self, path: Path) -> Scan:
        """Read a file batch by batch; a stream, which polars cannot read in pieces, at once."""
        try:
            with path.open("rb") as file:
                is_stream = file.read(len(_MAGIC)) != _MAGIC
        except OSError as error:
            raise DataError(f"{path.name} cannot be read as Arrow: {error}.") from error
        return whole(self.read(path)) if is_stream else lazily(pl.scan_ipc(path), path.name, "Arrow")
