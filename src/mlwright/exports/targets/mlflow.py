"""A model folder for MLflow: for its registry, `mlflow.pyfunc.load_model` and `mlflow models serve`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, final

from mlwright.artifact.answers import PREDICTION, named_answers
from mlwright.artifact.signature import SUFFIX
from mlwright.core.schema import NUMERIC, Column, Kind
from mlwright.core.task import OF_ROWS
from mlwright.exports.model_file import model_bytes
from mlwright.exports.target import Target, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array

_MODEL = "model.mlw"
_N_EXAMPLES = 3
_PINNED = ("mlwright", "numpy", "onnxruntime")
_NO_TEXTS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML takes for truths, or for nothing, unless it is quoted."""
_TYPES = {"f": "double", "i": "long", "b": "boolean", "O": "string"}
"""MLflow's names for what answers are made of."""


@final
class Mlflow(Target):
    """The model file as it is, with what MLflow wants to know of it; nothing is pickled.

    Inputs are of the type "any", which is nullable. A typed signature would refuse what the model reads:
    whole numbers in a column of others ("Can not safely convert int64 to float64"), a missing whole number,
    a date as text. What a column holds is told in the metadata; which cell it cannot read, the model says.
    """

    title = "a model folder for MLflow"
    links = OF_ROWS
    is_folder = True

    def files(self, model: Model, name: str, wishes: Wishes) -> Mapping[str, bytes]:
        """Return the files of the folder."""
        del name
        rows = _examples(model)
        split = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
        requirements = [f"{package}=={version(package)}" for package in _PINNED]
        texts = {
            "MLmodel": _lines(_description(model, rows)),
            "requirements.txt": "\n".join(requirements) + "\n",
            "python_env.yaml": _lines(_environment(model)),
            "conda.yaml": _lines(_conda(model, requirements)),
            "input_example.json": json.dumps(split, ensure_ascii=False, indent=1) + "\n",
            "serving_input_example.json": json.dumps({"dataframe_split": split}, ensure_ascii=False, indent=1)
            + "\n",
        }
        signed = {f"{_MODEL}{SUFFIX}": wishes.signature} if wishes.signature else {}
        given = {path: text.encode() for path, text in texts.items()}
        return {_MODEL: model_bytes(model), **signed, **given}


def _description(model: Model, rows: list[dict[str, Any]]) -> dict[str, Any]:
    answers = named_answers(model, model.answer(rows))
    task, columns = model.task, [model.schema[name] for name in model.inputs]
    inputs = [{"name": column.name, "type": "any", "required": True} for column in columns]
    outputs = [{"name": name, "type": _type_of(cells), "required": True} for name, cells in answers.items()]
    return {
        "flavors": {
            "python_function": {
                "loader_module": "mlwright.exports.pyfunc",
                "data": _MODEL,
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "python_version": _python(model),
            },
            "mlwright": {"data": _MODEL, "version": version("mlwright")},
        },
        "metadata": {
            "target": task.target,
            "kind": task.kind,
            PREDICTION: list(task.classes) or "a number",
            "columns": {column.name: _meaning(column) for column in columns},
        },
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None},
    }


def _meaning(column: Column) -> str:
    written = column.date_format or "ISO 8601"
    what = {
        Kind.NUMBER: "a number",
        Kind.BOOLEAN: "true or false",
        Kind.DATETIME: f"a date, or text written as {written}",
    }
    return f"{what.get(column.kind, 'text')}; null where it is missing"


def _environment(model: Model) -> dict[str, Any]:
    return {"python": _python(model), "dependencies": ["-r requirements.txt"]}


def _conda(model: Model, requirements: list[str]) -> dict[str, Any]:
    pip = {"pip": ["mlflow", *requirements]}
    return {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={_python(model)}", "pip", pip],
    }


def _python(model: Model) -> str:
    return str(model.evidence["environment"].get("python", "3.11"))


def _examples(model: Model) -> list[dict[str, Any]]:
    """Return rows of usual cells, which belong to nobody."""
    return [
        {name: _usual(model.schema[name], number) for name in model.inputs} for number in range(_N_EXAMPLES)
    ]


def _usual(column: Column, number: int) -> Any:
    if column.kind is Kind.BOOLEAN:
        return number % 2 == 0
    if column.kind in NUMERIC:
        low, high = column.low or 0.0, column.high or 0.0
        value = low + (high - low) * (number + 1) / (_N_EXAMPLES + 1)
        if column.kind is Kind.DATETIME:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(value))
            return moment.strftime(column.date_format or "%Y-%m-%d %H:%M:%S")
        return round(value) if column.is_integer else value
    known = column.levels if column.kind is Kind.CATEGORY else ()
    return known[number % len(known)] if known else "some words"


def _type_of(cells: Array) -> str:
    return _TYPES[cells.dtype.kind]


def _lines(value: Mapping[str, Any], depth: int = 0) -> str:
    """Write YAML: keys in their order, whatever is not text as JSON, which is YAML, too."""
    found = []
    for key, item in value.items():
        is_bare = key.isidentifier() and key.isascii() and key.lower() not in _NO_TEXTS
        start = "  " * depth + (key if is_bare else _escaped(key)) + ":"
        if isinstance(item, dict):
            found.append(f"{start}\n{_lines(item, depth + 1)}")
        else:
            is_plain = isinstance(item, str) and item.isprintable()
            found.append(f"{start} {_quoted(item) if is_plain else _escaped(item)}\n")
    return "".join(found)


def _escaped(value: object) -> str:
    """Write JSON, with escapes that YAML knows where it does not take a sign as it is."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
