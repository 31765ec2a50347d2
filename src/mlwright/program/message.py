"""Reads the bytes of a program in Python, before native code does: what `write_onnx` writes and nothing else.

Every field stands where that puts it: in ascending order, single ones once. So whoever reads the bytes next
understands the same by them, and the graph that was looked at is the graph that runs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.graph import Attribute, Graph, Input, Node
from mlwright.program.wire import (
    BYTES,
    VARINT,
    as_bytes,
    as_text,
    choices,
    damaged,
    fields,
    head,
    integers,
    signed,
    singles,
    texts,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array

MODES = ("LEAF", "BRANCH_LEQ", "BRANCH_EQ")
"""What a node of a tree does; no two are of one length."""
_DTYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 7: np.dtype("<i8"), 11: np.dtype("<f8")}
_STRING = 8
_INT, _TEXT, _FLOATS, _INTS, _TEXTS = 3, 4, 7, 8, 9
_KINDS = {_INT: 2, _TEXT: 3, _FLOATS: 6, _INTS: 7, _TEXTS: 8}
"""Fields of an attribute that hold a value, and how its type says so."""
_MOST_FIELDS = 100_000
"""In one message, lists of numbers apart: a program has one for each node and each column that it reads."""


@final
@dataclass(frozen=True, slots=True)
class _Layout:
    """The fields of a message: numbers and wire types of those that may stand once, and many times."""

    what: str
    once: Mapping[int, int]
    many: Mapping[int, int]


_MODEL = _Layout("model", {1: VARINT, 2: BYTES, 7: BYTES}, {8: BYTES, 14: BYTES})
_OPSET = _Layout("operator set", {1: BYTES, 2: VARINT}, {})
_FACT = _Layout("metadata", {1: BYTES, 2: BYTES}, {})
_GRAPH = _Layout("graph", {2: BYTES}, {1: BYTES, 5: BYTES, 11: BYTES, 12: BYTES})
_NODE = _Layout("node", {4: BYTES, 7: BYTES}, {1: BYTES, 2: BYTES, 5: BYTES})
_TENSOR = _Layout("tensor", {2: VARINT, 8: BYTES, 9: BYTES}, {1: VARINT})
_VALUE = _Layout("value", {1: BYTES, 2: BYTES, 3: BYTES}, {})
_HOLDER = _Layout("type", {1: BYTES}, {})
_TYPE = _Layout("type", {1: VARINT, 2: BYTES}, {})
_SHAPE = _Layout("shape", {}, {1: BYTES})
_DIMENSION = _Layout("dimension", {1: VARINT, 2: BYTES}, {})
_TOLD = {
    ("tensor", 13): "points to data outside itself",
    ("tensor", 14): "points to data outside itself",
    ("attribute", 6): "contains a nested graph",
    ("attribute", 11): "contains a nested graph",
}
"""Fields that deserve words of their own."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A program as plain data; `declared` says of each answer its type and its columns (0: one dimension).

    Attributes that are lists of numbers are arrays; the modes of nodes of trees are numbers of `MODES`.
    """

    version: int
    operator_sets: tuple[tuple[str, int], ...]
    facts: dict[str, str]
    graph: Graph
    declared: dict[str, tuple[np.dtype[Any], int]]


def read_message(data: bytes) -> Message:
    """Read a program; raise ArtifactError, naming what is wrong, if it is not laid out as ours are."""
    model = _collected(memoryview(data), _MODEL)
    if len(model.get(7, ())) != 1:
        message = "program.onnx holds no graph."
        raise ArtifactError(message)
    sets = [_collected(as_bytes(each), _OPSET) for each in model.get(8, ())]
    facts = [_collected(as_bytes(each), _FACT) for each in model.get(14, ())]
    keys = [_word(each, 1) for each in facts]
    _refuse_twins("metadata", keys)
    graph, declared = _graph(as_bytes(model[7][0]))
    return Message(
        version=_number(model, 1),
        operator_sets=tuple((_word(each, 1), _number(each, 2)) for each in sets),
        facts=dict(zip(keys, (_word(each, 2) for each in facts), strict=True)),
        graph=graph,
        declared=declared,
    )


_Found = dict[int, list[memoryview | int]]


def _collected(message: memoryview, layout: _Layout) -> _Found:
    """Return the values of each field, in their order."""
    found: _Found = {}
    last = 0
    for count, (number, wire, value) in enumerate(fields(message)):
        if number not in layout.once and number not in layout.many:
            raise _unexpected(layout.what, number)
        expected = layout.once.get(number, layout.many.get(number))
        is_twin = number == last and number in layout.once
        if wire != expected or number < last or is_twin or count >= _MOST_FIELDS:
            text = f"program.onnx is not laid out as mlwright writes: {layout.what} field {number}."
            raise ArtifactError(text)
        last = number
        found.setdefault(number, []).append(value)
    return found


def _graph(data: memoryview) -> tuple[Graph, dict[str, tuple[np.dtype[Any], int]]]:
    found = _collected(data, _GRAPH)
    graph = Graph()
    graph.inputs = [_input(as_bytes(each)) for each in found.get(11, ())]
    tensors = [_tensor(as_bytes(each)) for each in found.get(5, ())]
    graph.constants = dict(tensors)
    nodes = [_node(as_bytes(each)) for each in found.get(1, ())]
    answers = [_declared(as_bytes(each)) for each in found.get(12, ())]
    declared = {name: (kind, width) for name, kind, width in answers}
    given = [name for node in nodes for name in node.outputs]
    _refuse_twins("value", [item.value for item in graph.inputs] + [name for name, _ in tensors] + given)
    _refuse_twins("answer", [name for name, _, _ in answers])
    for node in nodes:
        if node.outputs[0] in declared:
            if (node.op, node.domain, len(node.inputs)) != ("Identity", "", 1) or node.attributes:
                message = (
                    f"program.onnx gives the answer {node.outputs[0]!r} in a way that mlwright does not."
                )
                raise ArtifactError(message)
            graph.outputs[node.outputs[0]] = node.inputs[0]
        else:
            graph.nodes.append(node)
    if list(graph.outputs) != list(declared):
        message = "program.onnx declares other answers than it gives."
        raise ArtifactError(message)
    return graph, declared


def _node(data: memoryview) -> Node:
    found = _collected(data, _NODE)
    attributes = [_attribute(as_bytes(each)) for each in found.get(5, ())]
    _refuse_twins("attribute", [name for name, _ in attributes])
    inputs, outputs = (tuple(as_text(each) for each in found.get(number, ())) for number in (1, 2))
    if len(outputs) != 1 or not all((*inputs, *outputs)):
        message = "program.onnx has a node that gives no value or several, or reads one without a name."
        raise ArtifactError(message)
    return Node(
        op=_word(found, 4),
        domain=_word(found, 7),
        inputs=inputs,
        outputs=outputs,
        attributes=dict(attributes),
    )


def _attribute(data: memoryview) -> tuple[str, Attribute]:
    """Read a name, a value and its type; lists stand as a row of fields."""
    if not len(data):
        raise damaged()
    (number, _, name), rest = head(data)
    if number != 1 or not len(rest):
        raise _unexpected("attribute", number)
    known = as_text(name)
    (number, _, _), _ = head(rest)
    if number not in _KINDS:
        raise _unexpected("attribute", number)
    value, rest = _value(known, number, rest)
    (last, _, kind), rest = head(rest) if len(rest) else ((0, VARINT, 0), rest)
    if last != 20 or kind != _KINDS[number] or len(rest):
        message = f"program.onnx has an attribute {known[:40]!r} that is not laid out as mlwright writes."
        raise ArtifactError(message)
    return known, value


def _value(name: str, number: int, data: memoryview) -> tuple[Attribute, memoryview]:
    if number == _FLOATS:
        return singles(data, number)
    if number == _INTS:
        return integers(data, number)
    if number == _TEXTS:
        return choices(data, number, MODES) if name == "nodes_modes" else texts(data, number)
    (_, _, value), rest = head(data)
    if number == _TEXT:
        return as_text(value), rest
    if name == "to":
        return _dtype(value), rest
    return signed(value), rest


def _tensor(data: memoryview) -> tuple[str, Array]:
    found = _collected(data, _TENSOR)
    name, dtype = _word(found, 8), _dtype(found.get(2, [0])[0])
    shape = tuple(signed(each) for each in found.get(1, ()))
    raw = as_bytes(found.get(9, [memoryview(b"")])[0])
    n_cells = 1
    for size in shape:  # of Python's integers, which do not wrap around
        n_cells *= size
    if not name or min(shape, default=1) < 1 or len(shape) > 3 or len(raw) != dtype.itemsize * n_cells:
        message = f"program.onnx holds a constant {name[:40]!r} whose bytes do not fill its shape."
        raise ArtifactError(message)
    return name, np.frombuffer(raw, dtype).reshape(shape)


def _input(data: memoryview) -> Input:
    found = _collected(data, _VALUE)
    kind, shape = _kind_and_shape(found)
    if kind not in (_STRING, 11) or shape != ["n_rows", 1]:
        message = "program.onnx reads a column in a shape that mlwright does not write."
        raise ArtifactError(message)
    return Input(name=_word(found, 3), value=_word(found, 1), is_text=kind == _STRING)


def _declared(data: memoryview) -> tuple[str, np.dtype[Any], int]:
    found = _collected(data, _VALUE)
    kind, shape = _kind_and_shape(found)
    width = shape[1] if len(shape) == 2 else 0
    if not shape or shape[0] != "n_rows" or len(shape) > 2 or not isinstance(width, int):
        message = "program.onnx declares an answer in a shape that mlwright does not write."
        raise ArtifactError(message)
    return _word(found, 1), _dtype(kind), width


def _kind_and_shape(found: _Found) -> tuple[int, list[int | str]]:
    holder = _collected(as_bytes(found.get(2, [memoryview(b"")])[0]), _HOLDER)
    inner = _collected(as_bytes(holder.get(1, [memoryview(b"")])[0]), _TYPE)
    shape = _collected(as_bytes(inner.get(2, [memoryview(b"")])[0]), _SHAPE)
    dims: list[int | str] = []
    for each in shape.get(1, ()):
        dim = _collected(as_bytes(each), _DIMENSION)
        dims.append(_number(dim, 1) if 1 in dim else _word(dim, 2))
    return _number(inner, 1), dims


def _dtype(number: memoryview | int) -> np.dtype[Any]:
    known = signed(number)
    if known not in _DTYPES:
        message = f"program.onnx holds numbers of a type that mlwright does not write ({known})."
        raise ArtifactError(message)
    return _DTYPES[known]


def _number(found: _Found, number: int) -> int:
    return signed(found.get(number, [0])[0])


def _word(found: _Found, number: int) -> str:
    return as_text(found.get(number, [memoryview(b"")])[0])


def _refuse_twins(what: str, names: list[str]) -> None:
    for name, n_times in Counter(names).items():
        if n_times > 1:
            message = f"program.onnx holds the {what} {name[:40]!r} twice."
            raise ArtifactError(message)


def _unexpected(what: str, number: int) -> ArtifactError:
    told = _TOLD.get((what, number))
    if told:
        return ArtifactError(f"program.onnx {told}, which no program of mlwright does.")
    return ArtifactError(f"program.onnx has an unexpected {what} field ({number}).")
