"""Graph: the program while it is being written, as plain data.

Steps and models below the compiler describe themselves in ONNX operators without importing `onnx`;
`program/` turns the finished graph into a file. Equal expressions are written once, so members of a
blend share their features without knowing of each other.

Only operators whose result for a row cannot depend on the number or order of the rows may be used:
element-wise ones in single precision, gathers, tree ensembles, and `MatMul`. Transcendental
functions in double precision, `Log` and `ReduceSum` of floats are not among them (measured: vector and scalar
code paths of the runtime differ in the last bit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.arrays import Array

if TYPE_CHECKING:
    from mlwright.core.part import Part

ML = "ai.onnx.ml"
"""Operator domain of tree ensembles and label encoders."""
MICROSOFT = "com.microsoft"
"""Operator domain of the tokenizer."""

Attribute = int | float | str | list[int] | list[float] | list[str] | Array | np.dtype[Any]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operator with the names of what it reads and writes."""

    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]


@final
@dataclass(frozen=True, slots=True)
class Input:
    """A raw column: `is_text` tells a string tensor from a double one; shape (n_rows, 1)."""

    name: str
    value: str
    is_text: bool


@final
class Graph:
    """A program that grows node by node, in an order that can be executed.

    `parts` says what adds up to the answers, so that they can be explained; who writes nodes that give
    scores puts a part there.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.inputs: list[Input] = []
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}
        self.outputs: dict[str, str] = {}
        self._known: dict[object, str | tuple[str, ...]] = {}

    def input(self, name: str, *, is_text: bool) -> str:
        """Declare a raw column and return the name of its value, of shape (n_rows, 1)."""
        value = f"in_{len(self.inputs)}"
        self.inputs.append(Input(name, value, is_text))
        return value

    def constant(self, value: object, dtype: type[np.generic] = np.float32) -> str:
        """Return the name of a constant tensor; equal ones are stored once."""
        array = np.ascontiguousarray(np.asarray(value, dtype=dtype))
        array = array.reshape(np.asarray(value).shape)
        key = ("constant", array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            name = f"c_{len(self.constants)}"
            self.constants[name] = array
            self._known[key] = name
        found = self._known[key]
        assert isinstance(found, str)  # noqa: S101 - for the type checker: this key holds one name
        return found

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Attribute) -> str:
        """Add an operator with one output and return the name of its value."""
        return self.add_many(op, *inputs, n_outputs=1, domain=domain, **attributes)[0]

    def add_many(
        self, op: str, *inputs: str, n_outputs: int, domain: str = "", **attributes: Attribute
    ) -> tuple[str, ...]:
        """Add an operator with several outputs and return their names."""
        key = (op, domain, inputs, tuple(sorted((k, _hashable(v)) for k, v in attributes.items())))
        if key not in self._known:
            outputs = tuple(f"v_{len(self.nodes)}_{i}" for i in range(n_outputs))
            node = Node(op=op, domain=domain, inputs=inputs, outputs=outputs, attributes=attributes)
            self.nodes.append(node)
            self._known[key] = outputs
        found = self._known[key]
        assert isinstance(found, tuple)  # noqa: S101 - for the type checker: this key holds names
        return found

    def output(self, name: str, value: str) -> None:
        """Declare what the program answers."""
        self.outputs[name] = value


def first_columns(graph: Graph, table: str, n_columns: int) -> str:
    """Add the node that keeps the first columns of a table; `Gather` would copy them one by one."""
    return graph.add("Slice", table, *(graph.constant([end], np.int64) for end in (0, n_columns, 1)))


def _hashable(value: Any) -> object:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    return tuple(value) if isinstance(value, list) else value
