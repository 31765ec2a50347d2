"""Tables that are written lot by lot, all or nothing, in the format that the name of the file says."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, Any

from mlwright.core.atomic import FULL, replacing
from mlwright.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Add = Callable[[Any], None]
    """Takes the next rows, as a polars frame; all frames have the same columns."""

FORMATS = (".csv", ".parquet", ".jsonl", ".feather")
_APPENDED = (".csv", ".jsonl")
"""Rows can follow each other; the others need to know all of them."""
_PART_ROWS = 2**18


def check_output(out: str | Path) -> None:
    """Raise UsageError when the format is not known or the folder is not there."""
    place = Path(out)
    if place.suffix.lower() not in FORMATS:
        message = f"The output {place.name!r} has no known format. Use one of: {', '.join(FORMATS)}."
        raise UsageError(message)
    if not place.parent.is_dir():
        message = (
            f"The folder {str(place.parent)!r} of the output does not exist. Create it, or choose another."
        )
        raise UsageError(message)


def write_frame(frame: Any, place: Path) -> None:
    """Write a polars frame, all or nothing."""
    with writing(place) as add:
        add(frame)


@contextmanager
def writing(place: Path | None) -> Iterator[Add]:
    """Write what is added into a file that takes its place when the block ends well.

    Without a place, CSV goes to standard output then. Rows that polars must have together for the format
    wait in files beside the place, not in memory.

    Raises
    ------
    UsageError
        The file cannot be written, or standard output is closed.
    """
    if place is None:
        if sys.stdout is None:
            message = "The answers cannot be written to standard output: it is closed. Name a file."
            raise UsageError(message)
        with TemporaryFile() as file, _rows(file, ".csv") as add:
            yield add
            file.seek(0)
            with TextIOWrapper(file, encoding="utf-8", newline="") as text:
                _print(text)
        return
    suffix = place.suffix.lower()
    try:
        with replacing(place) as file, (_rows if suffix in _APPENDED else _parts)(file, suffix) as add:
            yield add
    except OSError as error:
        message = f"The answers cannot be written to {str(place)!r}: {error.strerror or error}."
        raise UsageError(message) from error


@contextmanager
def _as_the_system_says() -> Iterator[None]:
    """Raise OSError with its number where polars says in words alone that the device takes no more."""
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        number = next((one for one in FULL if os.strerror(one) in str(error)), None)
        if number is None:
            raise
        raise OSError(number, os.strerror(number)) from error


def _print(text: TextIOWrapper) -> None:
    """Copy to standard output; a reader that has gone is for the command line to see."""
    try:
        copyfileobj(text, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What waits to be written would fail once more when Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        message = f"The answers cannot be written to standard output: {error.strerror or error}."
        raise UsageError(message) from error


@contextmanager
def _rows(file: Any, suffix: str) -> Iterator[Add]:
    """Append rows to a file, one after the other."""
    is_first = True

    def add(frame: Any) -> None:
        nonlocal is_first
        with _as_the_system_says():
            if suffix == ".csv":
                frame.write_csv(file, include_header=is_first)
            else:
                frame.write_ndjson(file)
        is_first = False

    yield add


@contextmanager
def _parts(file: Any, suffix: str) -> Iterator[Add]:
    """Collect rows in parts of the final file, which polars puts together at the end, piece by piece."""
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    place = Path(file.name)
    with TemporaryDirectory(dir=place.parent, prefix=f"{place.name}.") as folder:
        waiting: list[Any] = []
        parts: list[Path] = []

        def store() -> None:
            parts.append(Path(folder, f"{len(parts)}.arrow"))
            with _as_the_system_says():
                pl.concat(waiting).write_ipc(parts[-1])
            waiting.clear()

        def add(frame: Any) -> None:
            waiting.append(frame)
            if sum(map(len, waiting)) >= _PART_ROWS:
                store()

        yield add
        if not parts:
            _write(pl.concat(waiting), file, suffix)
            return
        if waiting:
            store()
        lazy = pl.scan_ipc(parts)
        with _as_the_system_says():
            (lazy.sink_parquet if suffix == ".parquet" else lazy.sink_ipc)(place)


def _write(frame: Any, file: Any, suffix: str) -> None:
    with _as_the_system_says():
        if suffix == ".parquet":
            frame.write_parquet(file)
        else:
            frame.write_ipc(file)
