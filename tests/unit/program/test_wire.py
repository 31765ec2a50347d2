"""Long lists are passed in one step, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlwright.core.errors import ArtifactError
from mlwright.program.wire import BYTES, FIXED32, FIXED64, VARINT, fields, without_rows

LISTS = frozenset({7, 8})


def varint(value):
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def written(field):
    number, wire, value = field
    content = varint(value) if wire == VARINT else value
    size = varint(len(value)) if wire == BYTES else b""
    return varint(number << 3 | wire) + size + content


numbers = st.sampled_from([5, 7, 8, 20])
values = {
    VARINT: st.integers(0, 2**63),
    BYTES: st.binary(max_size=200),
    FIXED32: st.binary(min_size=4, max_size=4),
    FIXED64: st.binary(min_size=8, max_size=8),
}
one = st.sampled_from(list(values)).flatmap(lambda wire: st.tuples(numbers, st.just(wire), values[wire]))
messages = st.lists(st.tuples(one, st.integers(1, 5)), max_size=8).map(
    lambda runs: [field for field, n in runs for _ in range(n)]
)


def continues_row(before, field):
    number, wire, value = field
    if before is None or before[:2] != field[:2] or number not in LISTS or wire == FIXED64:
        return False
    return wire != BYTES or (len(before[2]) < 128 and len(value) < 128)


@given(messages)
def test_of_a_row_that_is_a_list_the_first_is_seen_and_of_all_else_everything(message):
    data = memoryview(b"".join(written(field) for field in message))
    assert [(n, w, v if w == VARINT else bytes(v)) for n, w, v in fields(data)] == message
    pairs = zip([None, *message], message, strict=False)
    expected = [field for before, field in pairs if not continues_row(before, field)]
    assert [(n, w, v if w == VARINT else bytes(v)) for n, w, v in without_rows(data, LISTS)] == expected


@given(messages, st.data())
def test_what_is_cut_off_is_refused_as_field_by_field(message, data):
    whole = b"".join(written(field) for field in message)
    cut = memoryview(whole)[: data.draw(st.integers(0, len(whole)))]
    assert is_sound(fields(cut)) == is_sound(without_rows(cut, LISTS))


def is_sound(walk):
    try:
        list(walk)
    except ArtifactError:
        return False
    return True
