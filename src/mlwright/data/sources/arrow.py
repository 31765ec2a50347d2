"""Arrow files (Feather version 2) and Arrow streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import polars as pl

from mlwright.core.errors import DataError
from mlwright.data.frames import from_frame
from mlwright.data.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.data.raw import Raw

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
