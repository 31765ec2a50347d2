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


def check_golden(program: Program, schema: Schema, task: Task, golden: dict[str, Any]) -> None:
    """Raise ArtifactError if a golden row gets another answer than it had when the model was made."""
    try:
        rows = {name: _typed(schema, name, golden["rows"][name]) for name in program.columns}
        expected = np.array(golden["scores"], dtype=np.float64).reshape(-1, max(1, len(task.classes)))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        message = f"golden.json cannot be understood: {error!r}."
        raise ArtifactError(message) from error
    if {len(cells) for cells in (*golden["rows"].values(), expected)} - {_N_ROWS}:
        message = f"golden.json does not hold {_N_ROWS} rows with their answers."
        raise ArtifactError(message)
    found = program.run(rows)
    scale = task.scale * max(1.0, float(np.max(np.abs(expected - task.offset))) / task.scale)
    is_same = (
        _is_near(found.scores, expected, scale)
        and _is_near(found.difficulty, golden.get("difficulty", found.difficulty), scale)
        and _are_labels(found.labels, golden["labels"], expected)
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
