"""Rows from anywhere: a file, several files, standard input or a frame."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from glob import glob, has_magic
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mlwright.core.errors import DataError, UsageError
from mlwright.core.registry import Registry
from mlwright.data.content import PACKED
from mlwright.data.frames import from_frame
from mlwright.data.raw import concat
from mlwright.data.source import Source

if TYPE_CHECKING:
    from mlwright.data.raw import Raw

SOURCES: Registry[Source] = Registry("mlwright.data.sources", Source, "file format")  # type: ignore[type-abstract]

_STDIN = "stdin"


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
    text = str(data)
    if text == "-":
        return _read_stdin()
    if "://" in text:
        raise UsageError(f"{text!r} is an address; only files can be read. Fetch it to a file first.")
    path = Path(data).expanduser()
    if path.exists() or not has_magic(text):
        return _read_file(path)
    found = sorted(Path(name) for name in glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    files = [one for one in found if one.is_file()]
    if not files:
        raise DataError(f"No file matches {text!r}.")
    return concat([_read_file(one) for one in files], source=text)


def _read_file(path: Path) -> Raw:
    """Read one file by its ending."""
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
            return source.read(path)
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


def _read_stdin() -> Raw:
    """Read standard input: JSON lines if it begins like them, else CSV."""
    content = sys.stdin.buffer.read()
    if not content.strip():
        raise DataError("Standard input is empty. It should bring a header line and rows.")
    ending = ".jsonl" if content.lstrip().startswith((b"{", b"[")) else ".csv"
    with TemporaryDirectory() as folder:
        path = Path(folder, _STDIN + ending)
        path.write_bytes(content)
        return _read_file(path)
