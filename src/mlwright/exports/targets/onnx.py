"""The program itself, for any ONNX runtime, and a page of JSON that says how to feed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, final

from mlwright.core.schema import Column, Kind
from mlwright.core.task import Link
from mlwright.exports.target import Target, Wishes
from mlwright.program.onnx_file import read_onnx
from mlwright.program.runtime import DECISION, DIFFICULTY, LABEL, PROBABILITIES, VALUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model

_CELLS = {
    Kind.NUMBER: "the number; NaN where it is missing or infinite",
    Kind.BOOLEAN: "1 for true, 0 for false; NaN where it is missing",
    Kind.DATETIME: "seconds since 1970-01-01T00:00:00Z, of the years 1 to 9999; NaN where it is missing",
}
_TEXT = 'the text without white space at its ends; "" where it is missing'
_WORDS = (
    r"in lower case the words and single signs, \w+|[^\w\s\x00-\x1f\x7f-\x9f], one space between; "
    '"" where it is missing'
)


@final
class Onnx(Target):
    """The bytes of `program.onnx`, unchanged."""

    title = "the bare graph, for any ONNX runtime"

    def files(self, model: Model, name: str, wishes: Wishes) -> Mapping[str, bytes]:
        """Return the graph, and its signature as JSON beside it."""
        del wishes
        signature = json.dumps(_signature(model), ensure_ascii=False, indent=1) + "\n"
        return {name: model.program, f"{name.removesuffix('.onnx')}.signature.json": signature.encode()}


def _signature(model: Model) -> dict[str, Any]:
    graph_inputs = [_input(number, model.schema[name]) for number, name in enumerate(model.inputs)]
    return {
        "target": model.task.target,
        "operators": {"ai.onnx": 18, "ai.onnx.ml": 3, "com.microsoft": 1},
        "inputs": graph_inputs,
        "outputs": _outputs(model),
    }


def _input(number: int, column: Column) -> dict[str, Any]:
    is_number = column.kind in _CELLS
    return {
        "name": f"in_{number}",
        "column": column.name,
        "kind": column.kind.value,
        "type": "tensor(double)" if is_number else "tensor(string)",
        "shape": ["n_rows", 1],
        "cell": _WORDS if column.kind is Kind.TEXT else _CELLS.get(column.kind, _TEXT),
        "missing": list(column.missing),
    }


def _outputs(model: Model) -> list[dict[str, Any]]:
    def output(name: str, kind: str, shape: list[Any], says: str) -> dict[str, Any]:
        return {"name": name, "type": f"tensor({kind})", "shape": shape, "says": says}

    task, known = model.task, read_onnx(model.program).outputs
    if task.link is Link.IDENTITY:
        found = [output(VALUE, "double", ["n_rows", 1], f"the predicted {task.target}")]
        if DIFFICULTY in known:
            says = "how far off the value usually is, in its own units"
            found.append(output(DIFFICULTY, "double", ["n_rows", 1], says))
        return found
    classes = list(task.classes)
    found = [
        {**output(PROBABILITIES, "float", ["n_rows", len(classes)], "of each class"), "classes": classes},
        {
            **output(LABEL, "int64", ["n_rows"], "the number of the likeliest class, from 0"),
            "classes": classes,
        },
    ]
    if DECISION in known:
        says = "the number of the class that is cheapest to decide, from 0"
        found.append({**output(DECISION, "int64", ["n_rows", 1], says), "classes": classes})
    return found
