"""Golden rows: made-up rows with the answers they must get, checked again at every load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.schema import NUMERIC

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.schema import Schema
    from mlwright.core.task import Task
    from mlwright.program.runtime import Program

_N_ROWS = 16
_N_BEST, _N_OTHERS = 32, 32
"""Scores of a row that are kept where there are more: those of the best and of some others."""
_TOLERANCE = 5e-6
"""Other processors round sums of a thousand leaves differently in the last bits."""


def make_golden(program: Program, columns: Columns, seed: int) -> dict[str, Any]:
    """Mix cells of different rows, so that no row of the training data is stored, and answer them."""
    rng = np.random.default_rng(seed)
    n_known = len(columns[program.columns[0]])
    rows = {name: columns[name][rng.integers(0, n_known, _N_ROWS)] for name in program.columns}
    prediction = program.run(rows)
    return {
        "rows": {name: [_cell(value) for value in values] for name, values in rows.items()},
        "scores": prediction.scores.tolist(),
        "labels": _list(prediction.labels),
        "difficulty": _list(prediction.difficulty),
        "decisions": _list(prediction.decisions),
    }


def kept_scores(scores: Array) -> dict[str, Any]:
    """Return what is kept of scores (n_rows, n_classes): all, or some of each row and their places."""
    n_classes = scores.shape[-1]
    if scores.ndim == 1 or n_classes <= _N_BEST + _N_OTHERS:
        return {"scores": scores.tolist()}
    others = np.linspace(0, n_classes - 1, _N_OTHERS).astype(np.int64)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :_N_BEST]
    places = np.concatenate([best, np.tile(others, (len(scores), 1))], axis=1)
    chosen = np.take_along_axis(scores, places, axis=1)
    rounded = [[float(f"{score:.9g}") for score in row] for row in chosen.tolist()]
    return {"scores": rounded, "places": places.tolist()}


def check_golden(program: Program, schema: Schema, task: Task, golden: dict[str, Any]) -> None:
    """Raise ArtifactError if a golden row gets another answer than it had when the model was made."""
    try:
        rows = {name: _typed(schema, name, golden["rows"][name]) for name in program.columns}
        expected = np.array(golden["scores"], dtype=np.float64)
        places = None if golden.get("places") is None else np.array(golden["places"], dtype=np.int64)
        width = max(1, len(task.classes)) if places is None else places.shape[1]
        expected = expected.reshape(-1, width)
    except (IndexError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        message = "golden.json cannot be understood: it does not hold rows and answers of this model."
        raise ArtifactError(message) from error
    if {len(cells) for cells in (*golden["rows"].values(), expected)} - {_N_ROWS}:
        message = f"golden.json does not hold {_N_ROWS} rows with their answers."
        raise ArtifactError(message)
    if places is not None and (places.shape != expected.shape or (places >= len(task.classes)).any()):
        message = "golden.json speaks of other classes than the model has."
        raise ArtifactError(message)
    found = program.run(rows)
    scores = found.scores if places is None else np.take_along_axis(found.scores, places, axis=1)
    scale = task.scale * max(1.0, float(np.max(np.abs(expected - task.offset))) / task.scale)
    is_same = (
        _is_near(scores, expected, scale)
        and _is_near(found.difficulty, golden.get("difficulty", found.difficulty), scale)
        and _are_labels(found.labels, golden["labels"], found.scores)
        and _is_near(found.decisions, golden.get("decisions", found.decisions), 1.0)
    )
    if not is_same:
        message = (
            "The model gives other answers on this machine than when it was made (golden rows differ). "
            "The file was changed, or this version of ONNX Runtime computes differently."
        )
        raise ArtifactError(message)


def _is_near(found: Array | None, expected: Any, scale: float) -> bool:
    if found is None or expected is None:
        return found is None and expected is None
    known = np.asarray(expected, dtype=np.float64)
    return found.shape == known.shape and bool(np.max(np.abs(found - known)) <= _TOLERANCE * scale)


def _are_labels(found: Array | None, labels: list[int] | None, scores: Floats) -> bool:
    """Tell whether labels are the same, where they are not a matter of the last bits."""
    if found is None or labels is None:
        return found is None and labels is None
    if found.shape != (len(labels),) or not all(0 <= label < scores.shape[1] for label in labels):
        return False
    at = np.arange(len(labels))
    return bool((np.abs(scores[at, found] - scores[at, labels]) <= _TOLERANCE).all())


def _list(values: Array | None) -> list[Any] | None:
    return None if values is None else values.tolist()


def _cell(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)


def _typed(schema: Schema, name: str, cells: list[Any]) -> Array:
    if schema[name].kind in NUMERIC:
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    return np.array([str(cell) for cell in cells], dtype=object)
