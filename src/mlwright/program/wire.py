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

_LONGEST_VARINT = 10

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


def without_rows(data: memoryview, lists: frozenset[int]) -> Iterator[Field]:
    """Walk over the fields of one message; of a row of equal ones that is a list, over the first alone.

    Lists of numbers are a field for each, a million in a large model, that need no look one by one;
    that they fit into the message is checked all the same. Raises ArtifactError as `fields` does.
    """
    at = 0
    while at < len(data):
        number, wire, value = next(fields(data[at:]))
        yield number, wire, value
        row = _row_bytes(data[at:], number, wire) if number in lists else 0
        at += row or _field_bytes(data[at:], value)


def _row_bytes(data: memoryview, number: int, wire: int) -> int:
    """Return how long the row is that `data` begins with; 0 if its first field cannot start one."""
    if wire == FIXED32:
        return 5 * len(singles(data, number))
    if wire == VARINT:
        stops = _integer_stops(data, number)[1]
        return int(stops[-1]) + 1 if len(stops) else 0
    return sum(2 + len(text) for text in texts(data, number)) if wire == BYTES else 0


def _field_bytes(data: memoryview, value: memoryview | int) -> int:
    """Return how long the field is that `data` begins with."""
    wire, at = _varint(data, 0)
    if isinstance(value, int):
        return _varint(data, at)[1]
    return (_varint(data, at)[1] if wire & 7 == BYTES else at) + len(value)


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


def integers(data: memoryview, number: int) -> Integers:
    """Read the longest row of unpacked integers of one field that `data` begins with.

    Every value is a tag of one byte and a varint. Values beyond 63 bits are not expected.
    """
    cells = np.frombuffer(data, np.uint8)
    starts, stops = _integer_stops(data, number)
    values = np.zeros(len(starts), np.int64)
    for place in range(int((stops - starts).max(initial=-1)) + 1):
        there = starts + place <= stops
        values[there] |= (cells[starts[there] + place] & 0x7F).astype(np.int64) << (7 * place)
    return values


def _integer_stops(data: memoryview, number: int) -> tuple[Integers, Integers]:
    """Return the first and the last byte of each value of such a row."""
    cells = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(cells < 0x80)
    tags, stops = ends[0::2][: len(ends) // 2], ends[1::2]
    is_other = (cells[tags] != (number << 3 | VARINT)) | (stops - tags > _LONGEST_VARINT)
    other = np.flatnonzero(is_other)
    n_values = int(other[0]) if len(other) else len(tags)
    return tags[:n_values] + 1, stops[:n_values]


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
        if end > len(data):
            break
        found.append(bytes(data[at + 2 : end]))
        at = end
    return found


def _varint(data: memoryview, at: int) -> tuple[int, int]:
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
