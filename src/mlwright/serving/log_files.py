"""Files of the prediction log: each appears when it is complete, and the oldest go when all take too much."""

from __future__ import annotations

import logging
import os
import time
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, final

from mlwright.core.atomic import replacing
from mlwright.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = "predictions-*.parquet"
_MOST_ROWS, MOST_S = 65_536, 60.0
"""A file holds no more, and is begun no earlier: so much is lost when the process is killed."""
_MOST_UNWRITTEN = 2 * _MOST_ROWS
_RETRY_S = 5.0
_LEFT_BEHIND_S = 3_600.0
_logger = logging.getLogger("mlwright.serving")


def open_folder(folder: Path) -> Path:
    """Make a folder for the log, which nobody else may read; raise UsageError if that cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"Nothing can be logged in {str(folder)!r}: {error.strerror or error}."
        raise UsageError(message) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"Nothing can be logged in {str(folder)!r}: no permission to write there."
        raise UsageError(message)
    for place in folder.glob(".predictions-*.part"):  # of a process that was killed while it wrote
        if time.time() - place.stat().st_mtime > _LEFT_BEHIND_S:
            place.unlink(missing_ok=True)
    return folder


def columns_of(file: Path) -> dict[str, Any]:
    """Return what polars says each column of a file holds; raise UsageError if it is no Parquet file."""
    import polars as pl  # noqa: PLC0415 - heavy, and only services with a log need it

    try:
        return dict(pl.read_parquet_schema(file))
    except (OSError, pl.exceptions.PolarsError) as error:
        message = f"{str(file)!r} lies where a log is to be, and cannot be read as Parquet. Move it away."
        raise UsageError(message) from error


def in_words(kind: Any) -> str:
    """Say what a column holds of which polars says so; None: it is not there."""
    if kind is None:
        return "missing"
    told = {"String": "texts", "Boolean": "truths", "Datetime": "moments", "Date": "days"}
    if kind.is_numeric():
        return "whole numbers" if kind.is_integer() else "numbers"
    return told.get(str(kind.base_type()), "of another kind")


@final
class LogFiles:
    """Keeps tables in memory until there are enough for a file, and while none can be written."""

    def __init__(self, folder: Path, keep_bytes: int | None) -> None:
        import polars  # noqa: F401, ICN001, PLC0415 - heavy; now rather than beside the first answers

        self._folder, self._keep_bytes = folder, keep_bytes
        self._frames: list[tuple[str, Any]] = []
        self._since = self._failed = 0.0
        self.n_rows = 0

    @property
    def has_room(self) -> bool:
        """Whether more may be added."""
        return self.n_rows < _MOST_UNWRITTEN

    def add(self, version: str, frame: Any) -> None:
        """Keep a table of what a model answered."""
        if not self._frames:
            self._since = time.monotonic()
        self._frames.append((version, frame))
        self.n_rows += len(frame)

    def rotate_if_due(self) -> int:
        """Write if there is enough for a file, or it waited long enough; return how many rows it took."""
        now = time.monotonic()
        is_due = self.n_rows >= _MOST_ROWS or (self._frames and now - self._since >= MOST_S)
        return self.rotate() if is_due and now - self._failed >= _RETRY_S else 0

    def rotate(self) -> int:
        """Write what there is, a file for each model; return how many rows were written."""
        n_written = 0
        for version, frames in groupby(list(self._frames), lambda one: one[0]):
            lot = [frame for _, frame in frames]
            try:
                self._write(version, lot)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                if not self._failed:
                    _logger.error("the prediction log cannot be written: %s", error)  # noqa: TRY400 - foreseen
                self._failed = time.monotonic()
                return n_written
            self._frames = self._frames[len(lot) :]
            n_written += sum(map(len, lot))
            self.n_rows -= sum(map(len, lot))
        if self._failed:
            _logger.info("the prediction log is written again")
        self._failed = 0.0
        return n_written

    def _write(self, version: str, lot: list[Any]) -> None:
        import polars as pl  # noqa: PLC0415 - as above

        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        with replacing(self._folder / f"predictions-{moment}-{version}-{os.getpid()}.parquet") as file:
            pl.concat(lot).write_parquet(file)
        if self._keep_bytes is not None:
            self._remove_oldest(self._keep_bytes)

    def _remove_oldest(self, keep_bytes: int) -> None:
        """Remove files, the oldest first, until all together fit; other processes do so too."""
        total = 0
        for place in sorted(self._folder.glob(PATTERN), reverse=True):
            try:
                total += place.stat().st_size
            except FileNotFoundError:
                continue
            if total > keep_bytes:
                place.unlink(missing_ok=True)
