"""What is inside a text file: bytes unpacked, characters decoded."""

from __future__ import annotations

import codecs
import gzip
import zlib
from typing import TYPE_CHECKING

from mlwright.core.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

PACKED = (".gz", ".zst")
"""Endings of compressed text files."""
_MAGIC = {
    b"PAR1": "a Parquet file (.parquet)",
    b"ARROW1": "an Arrow file (.arrow)",
    b"PK\x03\x04": "a zip archive or an Excel workbook; unpack it or save the sheet as CSV",
    b"\x1f\x8b": "compressed with gzip (.gz)",
    b"\x28\xb5\x2f\xfd": "compressed with zstd (.zst)",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"%PDF": "a PDF document",
}
_PRINTABLE = frozenset({9, 10, 11, 12, 13, 26, 27})
"""Control characters that text may hold."""


def read_bytes(path: Path) -> bytes:
    """Return the unpacked content of a file.

    Raises
    ------
    DataError
        If it cannot be opened or unpacked.
    """
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".gz":
            return gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path.name} cannot be unpacked: {error}. Is the file complete?") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    return _unpack_zstd(path, data) if path.suffix.lower() == ".zst" else data


def read_text(path: Path) -> str:
    """Return the text of a file: UTF-8 or UTF-16 if it says so or fits, else Windows' Western set.

    Raises
    ------
    DataError
        If the file is empty or holds no text.
    """
    text = _decode(path, read_bytes(path))
    if not text or text.isspace():  # also of a file that holds nothing but a byte order mark
        raise DataError(f"{path.name} is empty. It should have a header line and rows.")
    return text


def _decode(path: Path, data: bytes) -> str:
    """Find out how text is written."""
    for magic, meaning in _MAGIC.items():
        if data.startswith(magic):
            raise DataError(f"{path.name} is no text file: it is {meaning}. Rename it after what it holds.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_utf_16(path, data)
    if b"\0" in data or _is_binary(data[:4096]):
        hint = " If it is UTF-16 text, it lacks its byte order mark." if b"\0" in data[:64] else ""
        raise DataError(f"{path.name} is no text file: it holds binary data.{hint}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def may_be_utf_8(head: bytes) -> bool:
    """Tell whether a file that begins so may be text in UTF-8."""
    other = (*_MAGIC, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return bool(head.strip()) and not head.startswith(other) and not _is_binary(head[:4096])


def _decode_utf_16(path: Path, data: bytes) -> str:
    """Decode text that begins with the mark of UTF-16."""
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} begins like UTF-16 text but is not: {error.reason}.") from error


def _is_binary(head: bytes) -> bool:
    """Tell whether more than a tenth of the bytes are control characters."""
    return sum(byte < 32 and byte not in _PRINTABLE for byte in head) > len(head) / 10


def _unpack_zstd(path: Path, data: bytes) -> bytes:
    """Unpack zstd. Python 3.11 cannot, polars can: every line is taken as one field."""
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    try:
        lines = pl.read_csv(
            data,
            has_header=False,
            separator="\x1f",
            quote_char=None,
            infer_schema=False,
            new_columns=["line"],
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path.name} cannot be unpacked: {error}. Zipped text must be UTF-8.") from error
    return "\n".join(line or "" for line in lines["line"].to_list()).encode()
