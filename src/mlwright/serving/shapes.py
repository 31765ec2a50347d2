"""Shapes: what rows, answers and problems look like, as JSON Schema, for the page, the docs and clients.

They are exact: a row that fits is answered, one that does not is refused; a test holds both to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.artifact.answers import DECISION, PREDICTION
from mlwright.core.errors import UsageError
from mlwright.core.schema import Column, Kind
from mlwright.core.task import Link
from mlwright.serving.cells import json_shape
from mlwright.serving.form import example

if TYPE_CHECKING:
    from mlwright.serving.scorer import Scorer

Shape = dict[str, Any]
_DATATYPES = {bool: "BOOL", int: "INT64", float: "FP64"}
_MOST_LEVELS = 20
PROBLEM: Shape = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "column": {"type": "string"},
        "row": {"type": "integer"},
    },
}
ERROR: Shape = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def row(scorer: Scorer, *, is_closed: bool) -> Shape:
    """Return the shape of one row; `is_closed` forbids columns that the model does not read."""
    columns = scorer.reader.columns
    return {
        "type": "object",
        "required": [column.name for column in columns],
        "properties": {column.name: cell(column) for column in columns},
        "additionalProperties": not is_closed,
        "example": example(scorer),
    }


def cell(column: Column) -> Shape:
    """Return the shape of a cell; null is a missing value."""
    shape = json_shape(column)
    if column.kind is Kind.NUMBER:
        seen = "" if column.low is None else f"In training from {column.low:g} to {column.high:g}."
        return _described(shape, column, seen)
    if column.kind is Kind.BOOLEAN:
        return _described(shape, column)
    if column.kind is Kind.DATETIME:
        return _described(
            shape, column, f"Written as {column.date_format}." if column.date_format else "ISO 8601, in UTC."
        )
    levels = ", ".join(column.levels[:_MOST_LEVELS])
    more = ", …" if column.n_unique > min(len(column.levels), _MOST_LEVELS) else ""
    seen = f"In training: {levels}{more}." if levels and column.kind is Kind.CATEGORY else ""
    return _described(shape, column, seen)


def record(scorer: Scorer) -> Shape:
    """Return the shape of the answer to one row."""
    task = scorer.model.task
    number: Shape = {"type": "number"}
    if task.link is Link.IDENTITY:
        properties = {PREDICTION: number}
        more = {f"{PREDICTION}_low": number, f"{PREDICTION}_high": number}
    else:
        label: Shape = {"enum": list(task.classes)}
        properties = {PREDICTION: label, **{f"probability_{one}": number for one in task.classes}}
        if scorer.model.decides:
            properties[DECISION] = label
        more = {f"{PREDICTION}_set": {"type": "array", "items": label}}
    more["explanation"] = {"type": "object"}
    return {"type": "object", "required": list(properties), "properties": {**properties, **more}}


def datatypes(scorer: Scorer) -> dict[str, str]:
    """Return the type of each output of a row, as the Open Inference Protocol calls it."""
    answered = record(scorer)
    return {name: _datatype(answered["properties"][name]) for name in answered["required"]}


def wishes(scorer: Scorer) -> list[Shape]:
    """Return the parameters of a query: `explain`, and `level` up to the highest that there can be."""
    found = [_parameter("explain", {"type": "boolean"}, "Say which columns moved each answer.")]
    try:
        highest = scorer.model.conformal.highest
    except UsageError:
        return found
    if highest:
        shape = {"type": "number", "exclusiveMinimum": 0, "maximum": highest}
        found.append(_parameter("level", shape, "Add intervals or sets of this level."))
    return found


def _datatype(shape: Shape) -> str:
    """Return that of all labels: what one of them is, others of the same answers may not be."""
    kinds = {type(label) for label in shape.get("enum", [0.0])}
    return _DATATYPES.get(kinds.pop(), "BYTES") if len(kinds) == 1 else "BYTES"


def _parameter(name: str, shape: Shape, says: str) -> Shape:
    return {"name": name, "in": "query", "required": False, "schema": shape, "description": says}


def _described(shape: Shape, column: Column, says: str = "") -> Shape:
    told = " ".join(filter(None, [f"A {column.kind.value}.", says]))
    return {**shape, "description": told}
