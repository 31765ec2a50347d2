"""Rows from anywhere: a file, several files, standard input or a frame."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from glob import glob, has_magic
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mlwright.core.errors import DataError, UsageError
from mlwright.core.escapes import without_halves
from mlwright.core.registry import Registry
from mlwright.data.content import PACKED
from mlwright.data.frames import from_frame
from mlwright.data.raw import concat
from mlwright.data.scan import Scan, together, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.data.raw import Raw
    from mlwright.data.source import Source

SOURCES: Registry[Source] = Registry("mlwright.data.sources", "mlwright.data.source.Source", "file format")

_STDIN = "stdin"
_HEAD_BYTES = 65_536


def read(data: object) -> Raw:
    """Return the rows that `data` names or holds.

    Parameters
    ----------
    data
        A path, a glob such as "2024-*.csv" (all files need the same columns), "-" for standard input
        (CSV or JSON lines), or anything that `from_frame` takes.

    Raises
    ------
    DataError
        If a file is missing, empty or not what its name says.
    UsageError
        If nothing reads files of that ending.
    """
    if not isinstance(data, str | Path):
        return from_frame(data)
    with _files(data) as (files, source):
        return concat([_source(path).read(path) for path in files], source=source)


@contextmanager
def scanning(data: object) -> Iterator[Scan]:
    """Look through rows that may be too many for memory; `data` and errors are as in `read`.

    Frames are in memory already, and some files can only be read at once: packed ones, JSON arrays, streams
    of Arrow, text that is not UTF-8, and CSV whose lines are not all alike.
    """
    if not isinstance(data, str | Path):
        yield whole(from_frame(data))
        return
    with _files(data) as (files, source):
        parts = [_source(path).scan(path) for path in files]
        yield together(parts, source) if len(parts) > 1 else replace(parts[0], source=source)


@contextmanager
def _files(data: str | Path) -> Iterator[tuple[list[Path], str]]:
    """Return the files that are named, and what to call them; standard input becomes one for a while."""
    text = str(data)
    if text == "-":
        with TemporaryDirectory() as folder:
            path = _stdin_file(folder)
            yield [path], path.name
        return
    if "://" in text:
        raise UsageError(f"{text!r} is an address; only files can be read. Fetch it to a file first.")
    path = Path(data).expanduser()
    if path.exists() or not has_magic(text):
        yield [path], without_halves(path.name)
        return
    found = sorted(Path(name) for name in glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    files = [one for one in found if one.is_file()]
    if not files:
        raise DataError(f"No file matches {text!r}.")
    yield files, without_halves(text)


def _source(path: Path) -> Source:
    """Return what reads files of this ending."""
    if path.is_dir():
        raise DataError(f"{path} is a directory. Name a file in it, or a glob such as '{path / '*.csv'}'.")
    if not path.exists():
        raise DataError(f"There is no file {str(path)!r}.{_nearest(path)}")
    name = path.name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    known: list[str] = []
    for source in map(SOURCES.get, SOURCES.names()):
        if name.endswith(source.suffixes):
            return source
        known.extend(source.suffixes)
    shown = ", ".join(sorted(known))
    raise UsageError(f"{path.name}: no file format has the ending {Path(name).suffix!r}. Known: {shown}.")


def _nearest(path: Path) -> str:
    """Name the file of that directory which looks most alike."""
    if not path.parent.is_dir():
        return f" There is no directory {str(path.parent)!r} either."
    names = [entry.name for entry in path.parent.iterdir()]
    near = get_close_matches(path.name, names, n=1)
    return f" Did you mean {str(path.parent / near[0])!r}?" if near else ""


def _stdin_file(folder: str) -> Path:
    """Copy standard input to a file: JSON lines if it begins like them, else CSV."""
    path, stdin = Path(folder, _STDIN), sys.stdin.buffer
    head = b""
    while not head.strip():
        head = stdin.read(_HEAD_BYTES)
        if not head:
            raise DataError("Standard input is empty. It should bring a header line and rows.")
    with path.open("wb") as file:
        file.write(head)
        copyfileobj(stdin, file)
    return path.rename(path.with_suffix(".jsonl" if head.lstrip().startswith((b"{", b"[")) else ".csv"))
