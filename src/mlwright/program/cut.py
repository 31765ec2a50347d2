"""Cuts a program at its trees: what comes before them, the trees, and what comes after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mlwright.program.pieces import (
    CONSTANT,
    GRAPH,
    INPUT,
    NAME,
    NODE,
    OUTPUT,
    Node,
    again,
    constant,
    declaration,
    declared,
    needed,
    node_of,
)  # fmt: skip
from mlwright.program.wire import as_bytes, fields, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlwright.program.wire import Field

_TREES = "TreeEnsembleRegressor"
FLOATS = "tensor(float)"
_KINDS = {
    FLOATS: 1,
    "tensor(int64)": 7,
    "tensor(string)": 8,
    "tensor(bool)": 9,
    "tensor(double)": 11,
}
"""How the runtime calls the types of values, and how a file does."""


@final
@dataclass(frozen=True)
class Cut:
    """A program in three.

    `reads` maps what each ensemble of trees gives to what it reads. `carried` are values that come before the
    trees and are read after them; whatever is computed before them is not computed again.
    """

    reads: dict[str, str]
    carried: tuple[str, ...]
    _model: list[Field]
    _parts: list[tuple[int, memoryview | int]]
    _before: list[Node]
    _trees: dict[str, Node]
    _after: list[Node]

    def before(self) -> bytes:
        """Return the program of what the trees read, and of what is carried past them."""
        given = {name for node in self._before for name in node.outputs}
        wanted = [name for name in dict.fromkeys((*self.reads.values(), *self.carried)) if name in given]
        return self._program(self._before, (), map(_named, wanted)) if wanted else b""

    def trees(self, name: str) -> bytes:
        """Return the program of one ensemble alone."""
        read = declaration(self.reads[name], _KINDS[FLOATS], None)
        return self._program([self._trees[name]], [read], [_named(name)])

    def after(self, kinds: Mapping[str, tuple[str, int | None]]) -> bytes:
        """Return the program of the answers; `kinds` are types and widths of what is carried, and of trees.

        Where the runtime knows no widths it leaves steps apart that it joins in the whole, such as a product
        and a sum, and rounds once more.
        """
        known = [(name, *kinds[name]) for name in (*self.carried, *self.reads)]
        inputs = [declaration(name, _KINDS[kind], width) for name, kind, width in known]
        outputs = [again(number, value) for number, value in self._parts if number == OUTPUT]
        return self._program(self._after, inputs, outputs)

    def _program(self, nodes: Iterable[Node], inputs: Iterable[bytes], outputs: Iterable[bytes]) -> bytes:
        kept = list(nodes)
        read = {name for node in kept for name in node.inputs}
        body = [written(NODE, bytes(node.bytes)) for node in kept]
        body += [
            again(number, value)
            for number, value in self._parts
            if (number == CONSTANT and constant(as_bytes(value)) in read)
            or (number == INPUT and declared(as_bytes(value))[0] in read)
            or number not in (NODE, CONSTANT, INPUT, OUTPUT)
        ]
        rest = [again(number, value) for number, _, value in self._model if number != GRAPH]
        return b"".join([*rest, written(GRAPH, b"".join([*body, *inputs, *outputs]))])


def cut(data: bytes) -> Cut | None:
    """Cut a program; None if it has no trees, or some read what others give."""
    model = list(fields(memoryview(data)))
    graph = next(as_bytes(value) for number, _, value in model if number == GRAPH)
    parts = [(number, value) for number, _, value in fields(graph)]
    nodes = [node_of(as_bytes(value)) for number, value in parts if number == NODE]
    outputs = {declared(as_bytes(value))[0] for number, value in parts if number == OUTPUT}
    wanted = needed(nodes, outputs)
    trees = {node.outputs[0]: node for node in wanted if node.operator == _TREES}
    reads = {name: node.inputs[0] for name, node in trees.items()}
    before = needed(nodes, set(reads.values()))
    if not trees or _gives(before) & set(trees):
        return None
    done = _gives(before) | set(trees)
    after = needed([node for node in wanted if done.isdisjoint(node.outputs)], outputs)
    carried = tuple(dict.fromkeys(
        name for node in after for name in node.inputs if name in done and name not in trees
    ))  # fmt: skip
    return None if outputs & done else Cut(reads, carried, model, parts, before, trees, after)


def _gives(nodes: Collection[Node]) -> set[str]:
    return {name for node in nodes for name in node.outputs}


def _named(name: str) -> bytes:
    """Ask for a value; the runtime finds out its type."""
    return written(OUTPUT, written(NAME, name.encode()))
