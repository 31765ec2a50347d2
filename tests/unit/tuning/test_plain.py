"""Plain data: exact there and back, and nothing but data."""

import json
import struct
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

from mlwright.core.task import Link
from mlwright.tuning.plain import by_name, from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class Pair:
    first: object
    second: object = None


CLASSES = by_name([Pair, Link])


def again(value):
    return from_bytes(to_bytes(value, CLASSES), CLASSES)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -(2**70), 0.1, float("inf"), "größe\n\x00", [1, (2, "b")], {1: "a", "b": (None,)}, ()],
    ids=repr,
)
def test_plain_values_come_back_with_their_types(value):
    found = again(value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(12)[::3],
        np.array([np.nan, -0.0, np.inf, 5e-324]),
        np.zeros((0, 4), np.float32),
        np.array(7, np.int16),
        np.array([True, False]),
        np.array(["größe", ""]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_come_back_exact_in_type_value_and_order(array):
    found = again(array)
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert found.flags.f_contiguous == array.flags.f_contiguous or not array.flags.c_contiguous
    assert found.flags.writeable


def test_numbers_of_numpy_stay_numbers_of_numpy():
    for number in (np.float64(0.1), np.int32(3), np.bool_(True)):  # noqa: FBT003 - a number
        found = again(number)
        assert found == number
        assert type(found) is type(number)


def test_objects_enumerations_and_sparse_rows_come_back():
    words = sparse.csr_matrix(np.array([[0.0, 2.0], [0.0, 0.0], [1.5, 0.0]], np.float32))
    found = again(Pair(Pair((1, Link.SOFTMAX)), words))
    assert found.first == Pair((1, Link.SOFTMAX))
    assert type(found.second) is type(words)
    assert found.second.dtype == np.float32
    np.testing.assert_array_equal(found.second.toarray(), words.toarray())


def test_equal_values_give_equal_bytes():
    value = {"a": np.arange(3), "b": (1, 2.5)}
    assert to_bytes(value, {}) == to_bytes({"a": np.arange(3), "b": (1, 2.5)}, {})


@pytest.mark.parametrize(
    "value",
    [object(), np.array([object()]), lambda: 0, {1, 2}, Pair(print), sparse.coo_matrix((2, 2))],
    ids=["object", "objects", "function", "set", "field", "sparse"],
)
def test_what_is_not_plain_data_is_not_written(value):
    with pytest.raises(TypeError, match="plain data"):
        to_bytes(value, CLASSES)


def test_a_class_that_the_reader_does_not_name_is_neither_written_nor_made():
    with pytest.raises(TypeError):
        to_bytes(Pair(1), {})
    with pytest.raises(ValueError, match="not plain data"):
        from_bytes(to_bytes(Pair(1), CLASSES), {})


def bytes_of(tree, cells=b""):
    text = json.dumps(tree).encode()
    return struct.pack("<Q", len(text)) + text + cells


NAME, LINK = CLASSES
HOSTILE = {
    "a function": {"is": "object", "class": "os.system", "fields": {"command": "true"}},
    "a builtin": {"is": "enum", "class": "builtins.eval", "value": "1"},
    "other fields": {"is": "object", "class": NAME, "fields": {"first": 1, "__class__": 2}},
    "an enumeration as object": {"is": "object", "class": LINK, "fields": {}},
    "objects in an array": {"is": "array", "dtype": "|O", "shape": [1], "order": "C", "at": 0},
    "more cells than there are": {"is": "array", "dtype": "<f8", "shape": [10**9], "order": "C", "at": 0},
    "cells before the start": {"is": "array", "dtype": "<f8", "shape": [1], "order": "C", "at": -64},
    "a negative shape": {"is": "array", "dtype": "<f8", "shape": [-1], "order": "C", "at": 0},
    "an unknown kind": {"is": "code", "text": "1"},
    "no kind": {"text": "1"},
    "a list as key": {"is": "dict", "items": [[{"is": "list", "items": []}, 1]]},
    "half a pair": {"is": "dict", "items": [[1]]},
    "a module of scipy": {
        "is": "sparse", "format": "linalg", "is_array": True, "shape": [1, 1], "parts": []
    },
}  # fmt: skip


@pytest.mark.parametrize("tree", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused(tree):
    with pytest.raises(ValueError, match="not plain data"):
        from_bytes(bytes_of(tree, b"\0" * 64), CLASSES)


def test_sparse_rows_that_point_outside_are_refused():
    data = to_bytes(sparse.csr_matrix(np.ones((1, 3))), {})
    indices = np.array([0, 1, 2], np.int32).tobytes()
    assert data.count(indices) == 1
    with pytest.raises(ValueError, match="not plain data"):
        from_bytes(data.replace(indices, np.array([0, 1, 9_999_999], np.int32).tobytes()), {})


def test_deep_nesting_is_refused():
    tree = 1
    for _ in range(400):
        tree = {"is": "list", "items": [tree]}
    deep = bytes_of(tree).replace(b"[1]", b"[" * 100_000)
    with pytest.raises(ValueError, match="not plain data"):
        from_bytes(deep, {})


@pytest.mark.parametrize("length", [0, 3, 8, 20, -1])
def test_bytes_that_break_off_are_refused(length):
    data = to_bytes({"a": np.arange(100)}, {})
    with pytest.raises(ValueError, match="not plain data"):
        from_bytes(data[:length], {})
