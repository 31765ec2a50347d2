"""Looks at the bytes of a program before native code does, with no parser but this one.

An ONNX file is protocol-buffer fields. This reads them in Python, bounds checked, and refuses
whatever a program of ours never contains: other operators, nested graphs, functions, external data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATORS = frozenset(
    {
        "Add", "ArgMax", "Cast", "Clip", "Concat", "Div", "Exp", "Expand", "Floor", "Gather", "Identity",
        "IsInf", "IsNaN", "LabelEncoder", "Less", "LessOrEqual", "MatMul", "Max", "Min", "Mul", "ReduceL2",
        "ReduceSum", "Reshape", "Shape", "Sigmoid", "Softmax", "Sqrt", "Sub", "TfIdfVectorizer",
        "Tokenizer", "TreeEnsembleRegressor", "Where",
    }
)  # fmt: skip
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MODEL_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14})
_GRAPH_FIELDS = frozenset({1, 2, 5, 10, 11, 12, 13})
_NODE_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7})
_NESTED_GRAPHS = frozenset({6, 11, 22, 23})
_ATTRIBUTE_FIELDS = frozenset({1, 2, 3, 4, 5, 7, 8, 9, 20})
_EXTERNAL_DATA = frozenset({13, 14})

Field = tuple[int, int, memoryview | int]


def verify_program(data: bytes) -> None:
    """Refuse bytes that are not a program of ours; raise ArtifactError with the reason."""
    graphs = 0
    for number, wire, value in _fields(memoryview(data)):
        _allow("model", number, _MODEL_FIELDS)
        if number == 7 and wire == _BYTES:
            graphs += 1
            _verify_graph(_bytes(value))
    if graphs != 1:
        message = f"program.onnx holds {graphs} graphs; one was expected."
        raise ArtifactError(message)


def _verify_graph(graph: memoryview) -> None:
    for number, _, value in _fields(graph):
        _allow("graph", number, _GRAPH_FIELDS)
        if number == 1:
            _verify_node(_bytes(value))
        elif number == 5:
            _verify_tensor(_bytes(value))


def _verify_node(node: memoryview) -> None:
    operator = ""
    for number, _, value in _fields(node):
        _allow("node", number, _NODE_FIELDS)
        if number == 4:
            operator = bytes(_bytes(value)).decode("utf-8", "replace")
        elif number == 5:
            _verify_attribute(_bytes(value))
    if operator not in OPERATORS:
        message = f"program.onnx contains the operator {operator[:40]!r}, which no program of mlwright has."
        raise ArtifactError(message)


def _verify_attribute(attribute: memoryview) -> None:
    for number, wire, value in _fields(attribute):
        if number in _NESTED_GRAPHS:
            message = "program.onnx contains a nested graph, which no program of mlwright has."
            raise ArtifactError(message)
        _allow("attribute", number, _ATTRIBUTE_FIELDS)
        if number == 5 and wire == _BYTES:
            _verify_tensor(_bytes(value))


def _verify_tensor(tensor: memoryview) -> None:
    for number, _, _ in _fields(tensor):
        if number in _EXTERNAL_DATA:
            message = "program.onnx points to data outside itself, which no program of mlwright does."
            raise ArtifactError(message)


def _allow(what: str, number: int, allowed: frozenset[int]) -> None:
    if number not in allowed:
        message = f"program.onnx has an unexpected {what} field ({number})."
        raise ArtifactError(message)


def _bytes(value: memoryview | int) -> memoryview:
    if isinstance(value, int):
        raise _damaged()
    return value


def _fields(data: memoryview) -> Iterator[Field]:
    """Walk over the fields of one message: (number, wire type, value)."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise _damaged()
        if size > end - at:
            raise _damaged()
        yield number, wire, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    result = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _damaged()
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
    raise _damaged()


def _damaged() -> ArtifactError:
    return ArtifactError("program.onnx is damaged: its fields do not fit into it.")
