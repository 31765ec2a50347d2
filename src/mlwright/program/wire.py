"""Protocol-buffer fields, read in Python: bounds checked, and fast where numbers stand in long rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.core.arrays import Array, Integers, Singles

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""

_LONGEST_VARINT = 10
_AT_ONCE = 2**20
"""Bytes of a row that are looked at together: what that takes is a multiple of it, not of the row."""

_MOST_TEXTS = 2_000_000

Field = tuple[int, int, memoryview | int]
"""Number, wire type and value; numbers are unsigned."""


def fields(data: memoryview) -> Iterator[Field]:
    """Walk over the fields of one message; raise ArtifactError if one does not fit into it."""
    while len(data):
        field, data = head(data)
        yield field


def head(data: memoryview) -> tuple[Field, memoryview]:
    """Return the field that a message begins with, and the rest; raise ArtifactError if it does not fit."""
    key, at = _varint(data, 0)
    number, wire = key >> 3, key & 7
    if wire == VARINT:
        value, at = _varint(data, at)
        return (number, wire, value), data[at:]
    if wire == BYTES:
        size, at = _varint(data, at)
    elif wire in (FIXED64, FIXED32):
        size = 8 if wire == FIXED64 else 4
    else:
        raise damaged()
    if size > len(data) - at:
        raise damaged()
    return (number, wire, data[at : at + size]), data[at + size :]


def written(number: int, content: bytes) -> bytes:
    """Write one field that holds a message or a text."""
    return _varint_of(number << 3 | BYTES) + _varint_of(len(content)) + content


def written_number(number: int, value: int) -> bytes:
    """Write one field that holds a whole number, of 64 bits without a sign."""
    return _varint_of(number << 3 | VARINT) + _varint_of(value)


def as_bytes(value: memoryview | int) -> memoryview:
    """Return the bytes of a field that must hold some."""
    if isinstance(value, int):
        raise damaged()
    return value


def signed(value: memoryview | int) -> int:
    """Return the whole number of a field that must hold one, which may be below zero."""
    if not isinstance(value, int) or value >= 2**64:
        raise damaged()
    return value - 2**64 if value >= 2**63 else value


def integers(data: memoryview, number: int) -> tuple[Integers, memoryview]:
    """Read the row of whole numbers of one field that `data` begins with; return what follows it, too."""
    parts: list[Integers] = [np.zeros(0, np.int64)]
    while True:
        found, size = _some_integers(data[:_AT_ONCE], number)
        if not size:
            return np.concatenate(parts), data
        parts.append(found)
        data = data[size:]


def _some_integers(data: memoryview, number: int) -> tuple[Integers, int]:
    """Read the values that `data` holds whole, each a tag of one byte and a varint, and their size."""
    cells = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(cells < 0x80)
    tags, stops = ends[0::2][: len(ends) // 2], ends[1::2]
    due = np.concatenate([[0], stops[:-1] + 1])[: len(tags)]
    is_other = (tags != due) | (cells[tags] != (number << 3 | VARINT)) | (stops - tags > _LONGEST_VARINT)
    other = np.flatnonzero(is_other)
    n_values = int(other[0]) if len(other) else len(tags)
    starts, stops = tags[:n_values] + 1, stops[:n_values]
    values = np.zeros(n_values, np.int64)
    for place in range(int((stops - starts).max(initial=-1)) + 1):
        there = starts + place <= stops
        values[there] |= (cells[starts[there] + place] & 0x7F).astype(np.int64) << (7 * place)
    return values, int(stops[-1]) + 1 if n_values else 0


def singles(data: memoryview, number: int) -> tuple[Singles, memoryview]:
    """Read the row of single-precision numbers that `data` begins with; return what follows it, too."""
    whole = len(data) // 5
    cells = np.frombuffer(data[: 5 * whole], np.uint8).reshape(whole, 5)
    other = np.flatnonzero(cells[:, 0] != (number << 3 | FIXED32))
    n_values = int(other[0]) if len(other) else whole
    values = np.ascontiguousarray(cells[:n_values, 1:]).view("<f4").ravel()
    return values, data[5 * n_values :]


def texts(data: memoryview, number: int) -> tuple[list[str], memoryview]:
    """Read the row of texts that `data` begins with; return what follows it, too."""
    found: list[str] = []
    tag, at, end = number << 3 | BYTES, 0, len(data)
    while at < end and data[at] == tag:
        if len(found) == _MOST_TEXTS:
            raise damaged()
        size, at = _varint(data, at + 1)
        if size > end - at:
            raise damaged()
        found.append(as_text(data[at : at + size]))
        at += size
    return found, data[at:]


def choices(data: memoryview, number: int, known: Sequence[str]) -> tuple[Array, memoryview]:
    """Read the row of texts that `data` begins with, each one of the known ones, which differ in length.

    Returns the places in `known`, and what follows the row. No known text may hold the byte of the tag.
    """
    tag = number << 3 | BYTES
    coded = [bytes([tag, len(word)]) + word.encode() for word in known]
    # Possessive: no way back is kept, however long the row is.
    row = re.compile(b"(?:" + b"|".join(map(re.escape, coded)) + b")*+").match(data)
    size = row.end() if row else 0
    cells = np.frombuffer(data[:size], np.uint8)
    place_of = np.zeros(256, np.int8)
    place_of[[len(word) for word in known]] = range(len(known))
    return place_of[cells[np.flatnonzero(cells == tag) + 1]], data[size:]


def as_text(value: memoryview | int) -> str:
    """Return the text of a field that must hold one."""
    try:
        return bytes(as_bytes(value)).decode()
    except UnicodeDecodeError:
        raise damaged() from None


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    if at < len(data) and data[at] < 0x80:  # most are
        return data[at], at + 1
    result = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        if at >= len(data):
            raise damaged()
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
    raise damaged()


def _varint_of(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def damaged() -> ArtifactError:
    """Say that the bytes are no message."""
    return ArtifactError("program.onnx is damaged: its fields do not fit into it.")
