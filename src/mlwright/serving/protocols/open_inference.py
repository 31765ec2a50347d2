"""The Open Inference Protocol, version 2: a tensor for each column, or one for all numbers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, final

import msgspec

from mlwright.core.schema import Kind
from mlwright.core.task import OF_ROWS
from mlwright.serving import shapes
from mlwright.serving.cells import shown
from mlwright.serving.form import example
from mlwright.serving.problems import Problem, unknown_type
from mlwright.serving.protocol import JSON, Asked, Protocol, Reply, Request
from mlwright.serving.reader import decoded, shape_problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.prediction import Prediction
    from mlwright.core.schema import Column
    from mlwright.serving.reader import Reader, Rows
    from mlwright.serving.scorer import Scorer

_TYPES = {
    "FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8", "BOOL",
    "BYTES",
}  # fmt: skip

_DATATYPES = {Kind.NUMBER: "FP64", Kind.BOOLEAN: "BOOL"}
_TENSORS = "Send a tensor for each column, with null where a cell has no value."


@final
class OpenInference(Protocol):
    """`POST /v2/models/{model}/infer`; source: kserve/open-inference-protocol, inference_rest.md."""

    routes: ClassVar[tuple[str, ...]] = (
        "/v2/models/{model}/infer",
        "/v2/models/{model}/versions/{version}/infer",
    )
    links = OF_ROWS

    says_error: ClassVar[bool] = True

    def read(self, request: Request, scorer: Scorer) -> Asked:
        """Read tensors."""
        if request.content_type != JSON:
            raise unknown_type(request.content_type, JSON)
        if request.query:
            raise Problem(
                422, "query", "This protocol has no query; reasons and intervals come from /predict."
            )
        body = decoded(request.body)
        inputs = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(inputs, list) or not inputs:
            raise shape_problem("expected an object with inputs, an array of tensors")
        wanted = body.get("outputs")
        names = (
            [one.get("name") for one in wanted if isinstance(one, dict)] if isinstance(wanted, list) else []
        )
        echo = {"id": body.get("id"), "outputs": names}
        if echo["id"] is not None and not isinstance(echo["id"], str):
            raise shape_problem("id must be a string")
        return Asked(_rows([_tensor(one) for one in inputs], scorer.reader), echo=echo)

    def write(self, asked: Asked, prediction: Prediction, scorer: Scorer) -> Reply:
        """Write a tensor for each column that `predict` writes."""
        echo = asked.echo or {}
        records = scorer.records(asked.rows, prediction)
        names = list(records[0])
        unknown = [name for name in echo["outputs"] if name not in names]
        if unknown:
            raise shape_problem(f"there is no output {str(unknown[0])[:60]!r}; there are {', '.join(names)}")
        kinds = shapes.datatypes(scorer)
        outputs = [
            _output(name, kinds[name], [record[name] for record in records])
            for name in echo["outputs"] or names
        ]
        told = {"model_name": scorer.name, "model_version": scorer.version, "outputs": outputs}
        return Reply(msgspec.json.encode({**told, **({} if echo["id"] is None else {"id": echo["id"]})}))

    def describe(self, scorer: Scorer) -> Sequence[Mapping[str, Any]]:
        """Describe a row as one tensor a column; the protocol itself describes other layouts."""
        columns, row = scorer.reader.columns, example(scorer)
        tensors = [_described(column) for column in columns]
        sent = [
            {
                "name": c.name,
                "shape": [1, 1],
                "datatype": _DATATYPES.get(c.kind, "BYTES"),
                "data": [row[c.name]],
            }
            for c in columns
        ]
        outputs = {
            "type": "array",
            "items": {"type": "object", "required": ["name", "shape", "datatype", "data"]},
        }
        text = {"type": "string"}
        asked = {
            "type": "object",
            "required": ["inputs"],
            "properties": {
                "id": {"type": ["string", "null"]},
                "inputs": {
                    "type": "array",
                    "prefixItems": tensors,
                    "items": False,
                    "minItems": len(tensors),
                    "maxItems": len(tensors),
                },
            },
            "example": {"inputs": sent},
        }
        return [
            {
                "summary": "Answer rows as the Open Inference Protocol has them (of n rows: shapes [n, 1])",
                "requestBody": {"required": True, "content": {JSON: {"schema": asked}}},
                "answers": {
                    "type": "object",
                    "required": ["model_name", "model_version", "outputs"],
                    "properties": {"model_name": text, "model_version": text, "outputs": outputs},
                },
            }
        ]


def _described(column: Column) -> Mapping[str, Any]:
    """Return the shape of the tensor of a column, of one row."""
    return {
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"enum": [column.name]},
            "shape": {"enum": [[1, 1], [1]]},
            "datatype": {"enum": sorted(_TYPES)},
            "data": {"type": "array", "items": shapes.cell(column), "minItems": 1, "maxItems": 1},
        },
    }


def _tensor(found: object) -> tuple[str, list[int], list[Any]]:
    """Return name, shape and cells in order."""
    if not isinstance(found, dict):
        raise shape_problem("an input is no tensor")
    name, shape, data = found.get("name"), found.get("shape"), found.get("data")
    kind = found.get("datatype")
    if not isinstance(name, str):
        raise shape_problem(f"the name of a tensor is {shown(name)}, expected that of a column")
    if not isinstance(kind, str) or kind not in _TYPES:
        told = f"the datatype of tensor {name[:60]!r} is {shown(kind)}"
        raise shape_problem(f"{told}, expected one such as FP64, INT64, BOOL or BYTES")
    if not isinstance(shape, list) or not isinstance(data, list) or not _is_shape(shape):
        raise shape_problem(f"tensor {name[:60]!r} needs a shape [n] or [n, d], and data")
    flat = [cell for line in data for cell in (line if isinstance(line, list) else [line])]
    if len(flat) != prod(shape):
        raise shape_problem(f"tensor {name[:60]!r} has {len(flat)} cells, its shape says {prod(shape)}")
    return name, shape, flat


def _is_shape(shape: list[Any]) -> bool:
    return 1 <= len(shape) <= 2 and all(type(size) is int and size >= 0 for size in shape)


def _rows(tensors: list[tuple[str, list[int], list[Any]]], reader: Reader) -> Rows:
    """Read a column from each tensor; or, from a single one, all columns, if they are numbers."""
    _, shape, cells = tensors[0]
    width = len(reader.columns)
    if len(tensors) == 1 and len(shape) == 2 and shape[1] == width > 1:
        odd = next((column.name for column in reader.columns if column.kind is not Kind.NUMBER), None)
        if odd is not None:
            raise shape_problem(f"column {odd!r} is no number: send a tensor for each column, by its name")
        return reader.table({c.name: cells[n::width] for n, c in enumerate(reader.columns)}, shape[0])
    n_rows = shape[0]
    for name, size, _ in tensors:
        if size[0] != n_rows or size[1:] not in ([], [1]):
            raise shape_problem(
                f"tensor {name[:60]!r} has the shape {size}, expected {[n_rows, 1]} for a column"
            )
    if len({name for name, _, _ in tensors}) != len(tensors):
        raise shape_problem("a column comes twice")
    return reader.table({name: cells for name, _, cells in tensors}, n_rows, _TENSORS)


def _output(name: str, kind: str, cells: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": [len(cells), 1], "datatype": kind, "data": cells}
