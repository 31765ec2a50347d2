"""Long lists are read in one step, exactly as field by field, and whatever follows them is handed back."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlwright.core.errors import ArtifactError
from mlwright.program import wire
from mlwright.program.message import MODES
from mlwright.program.wire import BYTES, FIXED32, FIXED64, VARINT, choices, fields, integers, singles, texts

LIST = 7


def varint(value):
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def written(field):
    number, kind, value = field
    content = varint(value) if kind == VARINT else value
    size = varint(len(value)) if kind == BYTES else b""
    return varint(number << 3 | kind) + size + content


numbers = st.sampled_from([5, LIST, 8, 20])
values = {
    VARINT: st.integers(0, 2**64 - 1),
    BYTES: st.text(max_size=200).map(str.encode) | st.sampled_from(MODES).map(str.encode),
    FIXED32: st.floats(width=32, allow_nan=False).map(lambda value: struct.pack("<f", value)),
    FIXED64: st.binary(min_size=8, max_size=8),
}
one = st.sampled_from(list(values)).flatmap(lambda kind: st.tuples(numbers, st.just(kind), values[kind]))
messages = st.lists(st.tuples(one, st.integers(1, 5)), max_size=8).map(
    lambda runs: [field for field, n in runs for _ in range(n)]
)


def signed(value):
    return value - 2**64 if value >= 2**63 else value


READERS = {
    VARINT: (integers, lambda found: found.tolist(), signed),
    FIXED32: (singles, lambda found: found.tolist(), lambda value: struct.unpack("<f", value)[0]),
    BYTES: (texts, list, bytes.decode),
}


@pytest.fixture(autouse=True, scope="module", params=[32, 2**20])
def at_once(request):
    """Rows are read in pieces: that must not show, wherever a piece ends."""
    before, wire._AT_ONCE = wire._AT_ONCE, request.param
    yield
    wire._AT_ONCE = before


def begins(message, kind):
    """Return the row of equal fields that a message begins with, and the rest."""
    n_row = next((at for at, field in enumerate(message) if field[:2] != (LIST, kind)), len(message))
    return message[:n_row], message[n_row:]


@given(messages, st.sampled_from(list(READERS)))
@example([(LIST, VARINT, 2**64 - 1)] * 9, VARINT)
def test_a_row_is_read_as_field_by_field_and_the_rest_is_handed_back(message, kind):
    read, listed, meaning = READERS[kind]
    row, rest = begins(message, kind)
    found, left = read(memoryview(b"".join(map(written, message))), LIST)
    assert listed(found) == [meaning(value) for _, _, value in row]
    assert bytes(left) == b"".join(map(written, rest))


@given(messages)
def test_known_texts_are_read_as_their_places(message):
    row = [value.decode() for _, _, value in begins(message, BYTES)[0]]
    n_known = next((at for at, text in enumerate(row) if text not in MODES), len(row))
    found, left = choices(memoryview(b"".join(map(written, message))), LIST, MODES)
    assert [MODES[place] for place in found] == row[:n_known]
    assert bytes(left) == b"".join(map(written, message[n_known:]))


def test_a_tag_of_two_bytes_that_ends_like_one_is_no_part_of_a_row():
    odd = b"\x80" + bytes([LIST << 3 | VARINT]) + b"\x01"
    found, left = integers(memoryview(written((LIST, VARINT, 5)) + odd), LIST)
    assert (found.tolist(), bytes(left)) == ([5], odd)


@given(messages, st.data())
def test_what_is_cut_off_is_refused(message, data):
    whole = b"".join(map(written, message))
    ends = {len(b"".join(map(written, message[:n]))) for n in range(len(message) + 1)}
    size = data.draw(st.integers(0, len(whole)))
    assert is_sound(memoryview(whole)[:size]) == (size in ends)


def is_sound(data):
    try:
        list(fields(data))
    except ArtifactError:
        return False
    return True
