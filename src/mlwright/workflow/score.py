"""Scoring: answers for many rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.artifact.answers import PREDICTION, named_answers
from mlwright.core.atomic import replacing
from mlwright.core.dataset import Typed
from mlwright.core.errors import UsageError
from mlwright.core.schema import Kind, Role
from mlwright.data.parse import parse
from mlwright.data.raw import as_objects
from mlwright.data.read import read
from mlwright.tuning.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Columns
    from mlwright.core.prediction import Prediction
    from mlwright.data.raw import Raw

FORMATS = (".csv", ".parquet", ".jsonl", ".feather")
ROW_NUMBER = "row"


def predict_frame(model: Model, data: object, level: float | None = None, capacity: int | None = None) -> Any:
    """Answer rows and return a polars frame: ids (or the row number), prediction, probabilities.

    With a `level` in (0, 1) also the ends of intervals, or sets of labels as JSON lists. With a `capacity`
    the decision is to act on so many of these rows at most: those that are expected to save most, and none
    that costs more than it saves.
    """
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    raw = read(data)
    needed = [model.schema[name] for name in model.inputs]
    columns = parse(needed, raw, where=raw.source)
    prediction = model.answer(Typed(columns))
    if capacity is not None:
        prediction = _at_most(model, columns, prediction, capacity)
    ids = row_ids(model, raw)
    answers = named_answers(model, prediction)
    if level is not None:
        answers |= _ranges(model, prediction, level)
    ids = {_free(name, answers, ids): cells for name, cells in ids.items()}
    series = [pl.Series(name, _cells(values), strict=False) for name, values in {**ids, **answers}.items()]
    return pl.DataFrame(series)


def _at_most(model: Model, columns: Columns, prediction: Prediction, capacity: int) -> Prediction:
    """Decide to act on the rows that are expected to save most."""
    policy = Policy.from_evidence(model.evidence)
    if policy is None or len(policy.costs) != 2:
        message = (
            "--capacity limits decisions between two classes; this model was not told what mistakes cost. "
            "Train with --cost, such as fn=500,fp=20."
        )
        raise UsageError(message)
    if capacity < 0:
        message = f"--capacity is {capacity}; give the number of rows that may be acted on, such as 200."
        raise UsageError(message)
    saved = policy.savings(prediction.scores, columns.get(policy.stakes))
    first = np.argsort(-saved, kind="stable")[:capacity]
    acts = np.zeros(len(saved), np.int64)
    acts[first[saved[first] > 0.0]] = 1
    return replace(prediction, decisions=acts)


def _free(name: str, answers: Mapping[str, Any], ids: Mapping[str, Any]) -> str:
    """Return what a column of ids is called beside the answers: its own name, if that is free."""
    found = name
    while found in answers or (found != name and found in ids):
        found += "_id"
    return found


def predict_file(
    model: Model,
    data: object,
    out: str | Path | None,
    level: float | None = None,
    capacity: int | None = None,
) -> int:
    """Answer rows into a file (CSV, Parquet, JSON lines or Feather by its name), all or nothing.

    Without `out`, CSV goes to standard output; `level` and `capacity` are as in `predict_frame`. Returns the
    number of rows.
    """
    if out is not None:
        check_output(out)
    frame = predict_frame(model, data, level, capacity)
    if out is None:
        print(frame.write_csv(), end="")  # noqa: T201 - this is the result that was asked for
    else:
        write_frame(frame, Path(out))
    return len(frame)


def write_frame(frame: Any, place: Path) -> None:
    """Write a polars frame in the format that the name says, all or nothing."""
    try:
        with replacing(place) as file:
            _write(frame, file, place.suffix.lower())
    except OSError as error:
        message = f"The answers cannot be written to {str(place)!r}: {error.strerror or error}."
        raise UsageError(message) from error


def check_output(out: str | Path) -> None:
    """Raise UsageError when the format is not known or the folder is not there."""
    place = Path(out)
    if place.suffix.lower() not in FORMATS:
        message = f"The output {place.name!r} has no known format. Use one of: {', '.join(FORMATS)}."
        raise UsageError(message)
    if not place.parent.is_dir():
        message = (
            f"The folder {str(place.parent)!r} of the output does not exist. Create it, or choose another."
        )
        raise UsageError(message)


def row_ids(model: Model, raw: Raw) -> dict[str, Any]:
    """Return the columns that say which row is which, as they came."""
    names = [
        column.name
        for column in model.schema
        if (column.role is Role.ID or column.kind is Kind.IDENTIFIER) and column.name in raw.columns
    ]
    if not names:
        return {ROW_NUMBER: np.arange(1, raw.n_rows + 1)}
    return {name: raw.columns[name] for name in names}


def _ranges(model: Model, prediction: Prediction, level: float) -> dict[str, Array]:
    if prediction.labels is None:
        low, high = model.conformal.intervals(prediction, level).T
        return {f"{PREDICTION}_low": low, f"{PREDICTION}_high": high}
    sets = model.conformal.labels(prediction, level, model.task.classes)
    cells = [json.dumps(labels, ensure_ascii=False) for labels in sets]
    return {f"{PREDICTION}_set": np.array(cells, dtype=object)}


def _cells(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values
    return as_objects(values).tolist()


def _write(frame: Any, file: Any, suffix: str) -> None:
    if suffix == ".csv":
        frame.write_csv(file)
    elif suffix == ".parquet":
        frame.write_parquet(file)
    elif suffix == ".feather":
        frame.write_ipc(file)
    else:
        frame.write_ndjson(file)
