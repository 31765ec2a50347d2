"""The pieces of a program's bytes: its nodes, what they read, and which of them are needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from mlwright.program.wire import as_bytes, damaged, fields, written, written_number

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPH, NODE, CONSTANT, INPUT, OUTPUT = 7, 1, 5, 11, 12
NAME, INTEGER, INTEGERS, TEXTS = 1, 3, 8, 9
TYPE, TENSOR_TYPE, ELEMENT = 2, 1, 1
"""Numbers of fields (onnx.proto)."""
_NODE_INPUT, _NODE_OUTPUT, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_CONSTANT_NAME = 8
_SHAPE, _DIMENSION, _SIZE, _PARAMETER = 2, 1, 1, 2


@final
@dataclass(slots=True)
class Node:
    """An operator of the program, as far as it matters here."""

    bytes: memoryview
    operator: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, memoryview] = field(default_factory=dict)


def needed(nodes: list[Node], outputs: set[str]) -> list[Node]:
    """Leave out what no answer depends on, such as features that no member of the blend reads."""
    wanted, found = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            found.append(node)
    return found[::-1]


def node_of(message: memoryview) -> Node:
    """Read a node."""
    node = Node(message)
    for number, _, value in fields(message):
        if number == _NODE_INPUT:
            node.inputs.append(decoded(value))
        elif number == _NODE_OUTPUT:
            node.outputs.append(decoded(value))
        elif number == _OPERATOR:
            node.operator = decoded(value)
        elif number == _ATTRIBUTE:
            attribute = as_bytes(value)
            node.attributes[next((decoded(name) for _, name in of(attribute, NAME)), "")] = attribute
    return node


def of(message: memoryview, wanted: int) -> Iterator[tuple[int, memoryview | int]]:
    """Go through the fields of one number."""
    return ((wire, value) for number, wire, value in fields(message) if number == wanted)


def declared(message: memoryview) -> tuple[str, int]:
    """Return the name and the type of an input or output of the program."""
    name, element = "", 0
    for number, _, value in fields(message):
        if number == NAME:
            name = decoded(value)
        elif number == TYPE:
            for _, tensor in of(as_bytes(value), TENSOR_TYPE):
                element = next((n for _, n in of(as_bytes(tensor), ELEMENT) if isinstance(n, int)), 0)
    return name, element


def declaration(name: str, element: int, width: int | None) -> bytes:
    """Write an input of any number of rows and so many columns; of any shape for None."""
    tensor = written_number(ELEMENT, element)
    if width is not None:
        rows, columns = written(_PARAMETER, b"N"), written_number(_SIZE, width)
        tensor += written(_SHAPE, written(_DIMENSION, rows) + written(_DIMENSION, columns))
    return written(INPUT, written(NAME, name.encode()) + written(TYPE, written(TENSOR_TYPE, tensor)))


def constant(message: memoryview) -> str:
    """Return the name of a constant."""
    return next((decoded(name) for _, name in of(message, _CONSTANT_NAME)), "")


def again(number: int, value: memoryview | int) -> bytes:
    """Write a field as it was read."""
    return written_number(number, value) if isinstance(value, int) else written(number, bytes(value))


def decoded(value: memoryview | int) -> str:
    """Return the text of a field."""
    try:
        return bytes(as_bytes(value)).decode()
    except UnicodeDecodeError as error:
        raise damaged() from error
