"""Arrow streams, looked at before a library reads them, which trusts the sizes that they tell.

A few bytes may say that they unpack to an exabyte, and whoever asks the system for that much is ended. So the
frames of a stream and the places of its buffers are checked first, and how much they unpack to; after
reading, how large the cells are, since a thousand rows may point to the same long text.

Source: Apache Arrow, "Columnar Format", Encapsulated message format; Message.fbs; FlatBuffers internals.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = 0xFFFFFFFF
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_AS_IT_IS = -1
"""Told instead of a size, by a buffer that was not packed."""


@final
class _Table(NamedTuple):
    """A table of FlatBuffers; each read is within `data`, or struct.error is raised."""

    data: bytes
    start: int

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, _read("<I", data, 0))

    def at(self, field: int) -> int:
        """Return where a field is, 0 if it is not there."""
        names = self.start - _read("<i", self.data, self.start)
        size, place = _read("<H", self.data, names), 4 + 2 * field
        offset = _read("<H", self.data, names + place) if place < size else 0
        return self.start + offset if offset else 0

    def number(self, field: int, kind: str) -> int:
        place = self.at(field)
        return _read(kind, self.data, place) if place else 0

    def table(self, field: int) -> _Table | None:
        place = self.at(field)
        return _Table(self.data, place + _read("<I", self.data, place)) if place else None

    def pairs(self, field: int) -> list[tuple[int, int]]:
        """Return a vector of structs of two 64-bit numbers."""
        place = self.at(field)
        if not place:
            return []
        place += _read("<I", self.data, place)
        start, count = place + 4, _read("<I", self.data, place)
        found = self.data[start : start + 16 * count]
        if len(found) != 16 * count:
            raise ValueError("a vector is cut short")
        return list(struct.iter_unpack("<qq", found))


def n_rows_of(body: bytes, most_bytes: int) -> int:
    """Return how many rows a stream says it has.

    Raises
    ------
    ValueError
        It is not whole, contradicts itself, or unpacks to more than `most_bytes`.
    """
    n_rows, n_bytes = 0, 0
    try:
        for kind, batch, content in _batches(body):
            length = batch.number(0, "<q")
            _check(0 <= length <= most_bytes, "a batch has more rows than bytes may come")
            n_rows += length if kind == _RECORDS else 0
            for n_cells, n_null in batch.pairs(1):
                _check(0 <= n_null <= n_cells <= most_bytes, "a column has more cells than bytes may come")
            n_bytes += _unpacked(batch, content)
            _check(n_bytes <= most_bytes, "it unpacks to more bytes than may come")
    except struct.error as error:
        raise ValueError("it is cut short") from error
    return n_rows


def check_cells(frame: Any, most_bytes: int) -> None:
    """Raise ValueError if a polars frame holds cells of several values, or texts of too many bytes."""
    n_bytes = 0
    for series in frame.get_columns():
        _check(not series.dtype.is_nested(), "a cell holds several values")
        kind = str(series.dtype).partition("(")[0]
        if kind in ("Categorical", "Enum"):  # as texts all of them at once might already be too long
            n_bytes += len(series) * (series.unique().cast(str).str.len_bytes().max() or 0)
        elif kind == "String":
            n_bytes += series.str.len_bytes().sum()
        elif kind == "Binary":
            n_bytes += series.bin.size().sum()
    _check(n_bytes <= most_bytes, "its texts are too long")


def _batches(body: bytes) -> Iterator[tuple[int, _Table, bytes]]:
    """Yield what each message is, its record batch, and its buffers."""
    place = 0
    while place < len(body):
        size = _read("<I", body, place)
        place += 4
        if size == _MARK:
            size = _read("<I", body, place)
            place += 4
        if not size:
            return
        message = _Table.root(body[place : place + size])
        kind, header, n_bytes = message.number(1, "<B"), message.table(2), message.number(3, "<q")
        _check(place + size <= len(body) and header is not None, "a message is cut short")
        place += size
        _check(0 <= n_bytes <= len(body) - place, "a batch is cut short")
        content, place = body[place : place + n_bytes], place + n_bytes
        batch = header.table(1) if header is not None and kind == _DICTIONARY else header
        _check(
            kind in (_SCHEMA, _DICTIONARY, _RECORDS) and batch is not None, "a message is of no known kind"
        )
        if kind != _SCHEMA and batch is not None:
            yield kind, batch, content


def _unpacked(batch: _Table, content: bytes) -> int:
    """Return how many bytes the buffers of a batch unpack to."""
    is_packed, n_bytes = batch.at(3), 0
    for start, size in batch.pairs(2):
        _check(start >= 0 and 0 <= size <= len(content) - start, "a buffer is outside of its batch")
        told = _read("<q", content, start) if is_packed and size else _AS_IT_IS
        _check(told >= _AS_IT_IS and (told == _AS_IT_IS or size >= 8), "a buffer has no size")
        n_bytes += size if told == _AS_IT_IS else told
    return n_bytes


def _read(kind: str, data: bytes, place: int) -> int:
    if place < 0:
        raise ValueError("an offset is negative")
    found: int = struct.unpack_from(kind, data, place)[0]
    return found


def _check(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as assert does
    if not is_so:
        raise ValueError(otherwise)
