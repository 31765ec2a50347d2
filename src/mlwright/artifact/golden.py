"""Golden rows: made-up rows with the answers they must get, checked again at every load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.schema import NUMERIC

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns
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
        "labels": None if prediction.labels is None else prediction.labels.tolist(),
    }


def check_golden(program: Program, schema: Schema, task: Task, golden: dict[str, Any]) -> None:
    """Raise ArtifactError if a golden row gets another answer than it had when the model was made."""
    try:
        rows = {name: _typed(schema, name, golden["rows"][name]) for name in program.columns}
        expected = np.array(golden["scores"], dtype=np.float64).reshape(-1, max(1, len(task.classes)))
        scale = task.scale * max(1.0, float(np.max(np.abs(expected - task.offset))) / task.scale)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        message = f"golden.json cannot be understood: {error!r}."
        raise ArtifactError(message) from error
    try:
        found = program.run(rows).scores
    except Exception as error:
        reason = str(error).split("\n", 1)[0][:300]
        message = f"program.onnx cannot answer the golden rows: {reason}"
        raise ArtifactError(message) from error
    if found.shape != expected.shape or not np.max(np.abs(found - expected)) <= _TOLERANCE * scale:
        message = (
            "The model gives other answers on this machine than when it was made (golden rows differ). "
            "The file was changed, or this version of ONNX Runtime computes differently."
        )
        raise ArtifactError(message)


def _cell(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)


def _typed(schema: Schema, name: str, cells: list[Any]) -> Array:
    if schema[name].kind in NUMERIC:
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    return np.array([str(cell) for cell in cells], dtype=object)
