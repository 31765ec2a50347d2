"""Protocol-buffer fields, read in Python: bounds checked, and fast where numbers stand in long rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.arrays import Integers, Singles

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""

Field = tuple[int, int, memoryview | int]


def fields(data: memoryview) -> Iterator[Field]:
    """Walk over the fields of one message: (number, wire type, value).

    Raises
    ------
    ArtifactError
        A field does not fit into the message.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == BYTES:
            size, at = _varint(data, at)
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
        else:
            raise damaged()
        if size > end - at:
            raise damaged()
        yield number, wire, data[at : at + size]
        at += size


def written(number: int, content: bytes) -> bytes:
    """Write one field that holds a message or a text."""
    return _varint_of(number << 3 | BYTES) + _varint_of(len(content)) + content


def as_bytes(value: memoryview | int) -> memoryview:
    """Return the bytes of a field that must hold some."""
    if isinstance(value, int):
        raise damaged()
    return value


def integers(data: memoryview, number: int) -> Integers:
    """Read the longest row of unpacked integers of one field that `data` begins with.

    Every value is a tag of one byte and a varint. Values beyond 63 bits are not expected.
    """
    cells = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(cells < 0x80)
    tags, stops = ends[0::2][: len(ends) // 2], ends[1::2]
    other = np.flatnonzero(cells[tags] != (number << 3 | VARINT))
    n_values = int(other[0]) if len(other) else len(tags)
    starts, stops = tags[:n_values] + 1, stops[:n_values]
    values = np.zeros(n_values, np.int64)
    for place in range(int((stops - starts).max(initial=-1)) + 1):
        there = starts + place <= stops
        values[there] |= (cells[starts[there] + place] & 0x7F).astype(np.int64) << (7 * place)
    return values


def singles(data: memoryview, number: int) -> Singles:
    """Read the longest row of unpacked single-precision numbers that `data` begins with."""
    whole = len(data) // 5
    cells = np.frombuffer(data[: 5 * whole], np.uint8).reshape(whole, 5)
    other = np.flatnonzero(cells[:, 0] != (number << 3 | FIXED32))
    n_values = int(other[0]) if len(other) else whole
    return np.ascontiguousarray(cells[:n_values, 1:]).view("<f4").ravel()


def texts(data: memoryview, number: int) -> list[bytes]:
    """Read the longest row of short texts, of less than 128 bytes each, that `data` begins with."""
    tag, at, found = number << 3 | BYTES, 0, []
    while at + 1 < len(data) and data[at] == tag and data[at + 1] < 0x80:
        end = at + 2 + data[at + 1]
        found.append(bytes(data[at + 2 : end]))
        at = end
    return found


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    result = 0
    for shift in range(0, 70, 7):
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
