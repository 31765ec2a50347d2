"""Looks at a program before native code does, with no parser but ours; refuses what mlwright never writes.

What it lets through reads nothing but its inputs and its own constants, ends, stays within the memory that a
row may take, and answers each row by that row alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.graph import MICROSOFT, ML, Graph, Node
from mlwright.core.strict_json import read_strictly
from mlwright.program.message import Message, read_message
from mlwright.program.operators import OPERATORS, result
from mlwright.program.runtime import DECISION, DIFFICULTY, LABEL, PROBABILITIES, SCORES, VALUE
from mlwright.program.value import DOUBLE, ROWS, SINGLE, TEXT, WHOLE, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPERATOR_SETS = (("", 18), (ML, 3), (MICROSOFT, 1))
_IR_VERSION = 9
_ANSWERS = (
    [VALUE],
    [VALUE, DIFFICULTY],
    [PROBABILITIES, LABEL],
    [PROBABILITIES, LABEL, DECISION],
    [SCORES, LABEL],
)
_KINDS = {
    VALUE: DOUBLE,
    DIFFICULTY: DOUBLE,
    PROBABILITIES: SINGLE,
    SCORES: SINGLE,
    LABEL: WHOLE,
    DECISION: WHOLE,
}
_MOST_CELLS = 250_000
_MOST_CELLS_WITH = {"TfIdfVectorizer": 1_000_000, "ScatterElements": 8_000_000}
"""Of all values together, for one row: 4,096 rows are computed at once, 256 where words are counted, and 16
where a catalog is scored. Our programs have some thousands, with texts some ten thousands, for each item of a
catalog some dozens."""


def verify_program(data: bytes) -> None:
    """Refuse bytes that are not a program of ours; raise ArtifactError with the reason."""
    program = read_message(data)
    if program.version != _IR_VERSION or program.operator_sets != _OPERATOR_SETS:
        message = "program.onnx is of a version of ONNX, or of operators, that mlwright does not write."
        raise ArtifactError(message)
    _check_columns(program)
    values = _values(program.graph)
    _check_answers(program, values)


def _check_columns(program: Message) -> None:
    """Refuse facts that cannot be read, and inputs that are not the columns that are said to be read."""
    try:
        facts = {key: read_strictly(value) for key, value in program.facts.items()}
    except ValueError as error:
        message = "program.onnx says of itself what is no JSON."
        raise ArtifactError(message) from error
    known = [item.name for item in program.graph.inputs]
    if not known or facts.get("mlwright.columns") != known or len(set(known)) != len(known):
        message = "program.onnx does not say which columns it reads; it was not written by mlwright."
        raise ArtifactError(message)


def _values(graph: Graph) -> dict[str, Value]:
    """Work out every value, in the order in which they are computed."""
    values = {name: Value.of(array) for name, array in graph.constants.items()}
    for item in graph.inputs:
        values[item.value] = Value(kind=TEXT if item.is_text else DOUBLE, shape=(ROWS, 1))
    n_cells = 0
    limit = max(_MOST_CELLS_WITH.get(node.op, _MOST_CELLS) for node in graph.nodes) if graph.nodes else 0
    for node in graph.nodes:
        lost = [name for name in node.inputs if name not in values]
        if lost and node.op in OPERATORS:
            message = f"program.onnx reads the value {lost[0][:40]!r}, which nothing has given before."
            raise ArtifactError(message)
        found = result(node, [values[name] for name in node.inputs if name in values])
        n_cells += found.width
        if n_cells > limit:
            message = f"program.onnx computes more than {limit:,} cells for one row."
            raise ArtifactError(message)
        values[node.outputs[0]] = found
    return values


def _check_answers(program: Message, values: Mapping[str, Value]) -> None:
    """Refuse answers that are not what they are called, and classes that there are not."""
    sources = program.graph.outputs
    if list(sources) not in _ANSWERS or not set(sources.values()) <= set(values):
        known = ", ".join(sources)[:80] or "nothing"
        message = f"program.onnx answers {known}, which no program of mlwright does."
        raise ArtifactError(message)
    scores = SCORES if SCORES in sources else PROBABILITIES
    n_classes = values[sources[scores]].width if scores in sources else 0
    for name, source in sources.items():
        value, (dtype, width) = values[source], program.declared[name]
        shape = (ROWS,) if name == LABEL else (ROWS, n_classes if name == scores else 1)
        declared = (ROWS, width) if width else (ROWS,)
        if not value.kind == _KINDS[name] == dtype.name or not value.shape == shape == declared:
            message = f"program.onnx gives {name!r} in a type or a shape that it does not have."
            raise ArtifactError(message)
        if value.kind == WHOLE and not _within(value, n_classes):
            message = f"program.onnx may give a {name} that is no class."
            raise ArtifactError(message)
    likeliest = {node.outputs[0] for node in program.graph.nodes if _chooses(node, sources.get(scores))}
    if LABEL in sources and sources[LABEL] not in likeliest:
        message = "program.onnx gives a label that is not the most probable class."
        raise ArtifactError(message)


def _chooses(node: Node, scores: str | None) -> bool:
    return node.op == "ArgMax" and node.inputs == (scores,)


def _within(value: Value, n_classes: int) -> bool:
    return bool(np.all(value.low >= 0) and np.all(value.high < n_classes))
