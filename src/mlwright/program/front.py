"""Front: the first operators of a program, done in Python before the runtime does the others.

The runtime takes a microsecond or two to be given an input and as long to look up a text, for each
column; of a single row with many columns that is half of the time. Looking texts up in tables and putting
columns side by side is exact, so what programs begin with is done here, from the same bytes, and the runtime
starts with the few matrices that come of it. Whatever is not understood stays with the runtime.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.program.pieces import (
    CONSTANT,
    GRAPH,
    INPUT,
    INTEGER,
    INTEGERS,
    NODE,
    OUTPUT,
    TEXTS,
    Node,
    again,
    constant,
    declaration,
    declared,
    needed,
    node_of,
    of,
)  # fmt: skip
from mlwright.program.wire import as_bytes, fields, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlwright.core.arrays import Array

_INT64, _STRING, _FLOAT64 = 7, 8, 11
_DTYPES: dict[int, Any] = {_INT64: np.int64, _STRING: object, _FLOAT64: np.float64}


@final
@dataclass(frozen=True, slots=True)
class _Cells:
    """A raw column, by its place, or what a table makes of it."""

    place: int
    table: Mapping[str, int] | None = None
    other: int = 0


@final
@dataclass(slots=True)
class _Value:
    """A value that is known here: columns side by side, of one type of ONNX."""

    element: int
    columns: list[_Cells]

    def taker(self) -> Callable[[Sequence[Any]], Any]:
        """Return what takes the cells of this value out of a line; tables cost a look at each cell."""
        columns = self.columns
        if len(columns) > 1 and all(one.table is None for one in columns):
            return itemgetter(*(one.place for one in columns))
        return lambda cells: [
            cells[one.place] if one.table is None else one.table.get(cells[one.place], one.other)
            for one in columns
        ]


@final
@dataclass(frozen=True, slots=True)
class Front:
    """What is done with raw columns before the runtime starts.

    `names` are the inputs of the whole program, in their order, `is_text` tells which are texts. `feeds` are
    the values that the rest of the program reads.
    """

    names: list[str]
    is_text: list[bool]
    feeds: dict[str, _Value]
    _takers: list[tuple[str, Callable[[Sequence[Any]], Any], Any]] = field(init=False)

    def __post_init__(self) -> None:
        takers = [(name, value.taker(), _DTYPES[value.element]) for name, value in self.feeds.items()]
        object.__setattr__(self, "_takers", takers)

    def of_lines(self, lines: Sequence[Sequence[Any]]) -> dict[str, Array]:
        """Return what the runtime is fed with for few rows, given line by line in the order of `names`."""
        return {name: np.array(list(map(take, lines)), dtype) for name, take, dtype in self._takers}

    def of_rows(self, columns: Sequence[Array]) -> dict[str, Array]:
        """Return the same for rows given as columns in the order of `names`, each of shape (n_rows,)."""
        feeds = {}
        for name, value in self.feeds.items():
            found = np.empty((len(columns[0]), len(value.columns)), dtype=_DTYPES[value.element])
            for number, one in enumerate(value.columns):
                cells = columns[one.place]
                if one.table is not None:
                    table, other = one.table, one.other
                    cells = np.array([table.get(cell, other) for cell in cells.tolist()], found.dtype)
                found[:, number] = cells
            feeds[name] = found
        return feeds


def split(data: bytes) -> tuple[Front, bytes]:
    """Take off the front of a program; the rest is a program that reads what the front gives.

    Raises ArtifactError for bytes that are no program of ours.
    """
    model = memoryview(data)
    graph = next(as_bytes(value) for number, _, value in fields(model) if number == GRAPH)
    parts = [(number, value) for number, _, value in fields(graph)]
    inputs = [declared(as_bytes(value)) for number, value in parts if number == INPUT]
    if any(element not in (_STRING, _FLOAT64) for _, element in inputs):
        message = "program.onnx reads a column that is neither texts nor numbers in double precision."
        raise ArtifactError(message)
    names, is_text = [name for name, _ in inputs], [element == _STRING for _, element in inputs]
    known = {name: _Value(element, [_Cells(place)]) for place, (name, element) in enumerate(inputs)}
    whole = dict(known)
    nodes = [node_of(as_bytes(value)) for number, value in parts if number == NODE]
    outputs = {declared(as_bytes(value))[0] for number, value in parts if number == OUTPUT}
    left = [node for node in needed(nodes, outputs) if not _absorbed(node, known)]
    read = dict.fromkeys(name for node in left for name in node.inputs)
    feeds = {name: known[name] for name in read if name in known}
    if not feeds or outputs & set(known):
        return Front(names, is_text, whole), data
    kept = [written(NODE, bytes(node.bytes)) for node in left]
    kept += [declaration(name, value.element, len(value.columns)) for name, value in feeds.items()]
    kept += [
        again(number, value)
        for number, value in parts
        if number not in (NODE, INPUT) and (number != CONSTANT or constant(as_bytes(value)) in read)
    ]
    rest = [again(number, value) for number, _, value in fields(model) if number != GRAPH]
    return Front(names, is_text, feeds), b"".join([*rest, written(GRAPH, b"".join(kept))])


def _absorbed(node: Node, known: dict[str, _Value]) -> bool:
    """Tell whether a node is done here; if so, its output is known from now on."""
    if not node.inputs or len(node.outputs) != 1 or any(name not in known for name in node.inputs):
        return False
    given = [known[name] for name in node.inputs]
    value = None
    if node.operator == "LabelEncoder" and len(given) == 1 and given[0].element == _STRING:
        value = _looked_up(node, given[0])
    elif node.operator == "Concat" and _integer(node.attributes.get("axis")) == 1 and _are_alike(given):
        value = _Value(given[0].element, [column for one in given for column in one.columns])
    if value is None:
        return False
    known[node.outputs[0]] = value
    return True


def _are_alike(given: list[_Value]) -> bool:
    return given[0].element in _DTYPES and len({one.element for one in given}) == 1


def _looked_up(node: Node, given: _Value) -> _Value | None:
    """Read the table of a look-up from raw texts to whole numbers; None if it is another one."""
    (column,) = given.columns
    if set(node.attributes) != {"keys_strings", "values_int64s", "default_int64"} or column.table is not None:
        return None
    keys = [bytes(as_bytes(value)) for _, value in of(node.attributes["keys_strings"], TEXTS)]
    values = [value for _, value in of(node.attributes["values_int64s"], INTEGERS) if isinstance(value, int)]
    other = _integer(node.attributes["default_int64"])
    if len(keys) != len(values) or len(set(keys)) != len(keys) or other is None:
        return None
    try:
        texts = [key.decode() for key in keys]
    except UnicodeDecodeError:
        return None
    table = dict(zip(texts, map(_signed, values), strict=True))
    return _Value(_INT64, [_Cells(column.place, table, _signed(other))])


def _integer(attribute: memoryview | None) -> int | None:
    """Return the whole number that an attribute holds; None if it holds none."""
    if attribute is None:
        return None
    return next((value for _, value in of(attribute, INTEGER) if isinstance(value, int)), None)


def _signed(value: int) -> int:
    """Return what 64 bits stand for."""
    return value - 2**64 if value >= 2**63 else value
