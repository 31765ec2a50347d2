"""Trace: a program read backwards, to find what was learned where."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.core.errors import ProofError

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.core.graph import Graph, Node


@final
class Trace:
    """Finds nodes by what they give or read."""

    def __init__(self, graph: Graph) -> None:
        self.inputs = {item.name: item.value for item in graph.inputs}
        self._constants = graph.constants
        self._makers = {output: node for node in graph.nodes for output in node.outputs}
        self._readers: dict[str, list[Node]] = {}
        for node in graph.nodes:
            for name in dict.fromkeys(node.inputs):
                self._readers.setdefault(name, []).append(node)

    def maker(self, value: str, *ops: str) -> Node:
        """Return the node that gives a value; it must be one of these operators.

        Raises ProofError if it is not: the program is not built as its recipe says.
        """
        node = self._makers.get(value)
        if node is None or node.op not in ops:
            raise _unlike(value, ops)
        return node

    def above(self, value: str, *ops: str) -> Node:
        """Go from a value up through first inputs, by one operator after the other; return the last node."""
        node = self.maker(value, ops[0])
        for op in ops[1:]:
            node = self.maker(node.inputs[0], op)
        return node

    def readers(self, value: str, op: str) -> list[Node]:
        """Return the nodes of one operator that read a value."""
        return [node for node in self._readers.get(value, []) if node.op == op]

    def constant(self, name: str) -> Array:
        """Return a constant; raise ProofError if the value is none."""
        if name not in self._constants:
            raise _unlike(name, ("constant",))
        return self._constants[name]


def _unlike(value: str, wanted: tuple[str, ...]) -> ProofError:
    message = (
        f"The program does not hold {' or '.join(wanted)} at {value!r}, where its recipe says so. "
        "This is a defect of mlwright; please report it with the model if you can."
    )
    return ProofError(message)
