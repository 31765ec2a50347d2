"""The proof: a project answers as its model does, to the last bit, and refuses what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlwright.core.errors import ProofError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model
    from mlwright.exports.eject.fuzz import Fuzz

_LIMIT_S = 600
_ANSWER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from importlib import import_module
model = import_module(sys.argv[2] + ".predict").Model()
asked = json.load(sys.stdin)
def is_refused(row):
    try:
        model.predict([row])
    except ValueError:
        return True
    return False
found = {"answers": model.predict(asked["rows"]), "refused": [is_refused(row) for row in asked["bad"]]}
json.dump(found, sys.stdout)
"""
"""Runs in a process of its own, which sees the project and installed packages alone."""


def prove(model: Model, package: str, files: Mapping[str, bytes], rows: Fuzz) -> list[dict[str, Any]]:
    """Return the model's answers to `rows`, as the project writes them too.

    Raises
    ------
    ProofError
        The project answers a row otherwise, reads a cell that the model refuses, or does not run.
    """
    expected = expected_answers(model, rows.rows)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        found = answers(Path(folder), package, rows)
    for row, answer, wanted in zip(rows.rows, found["answers"], expected, strict=True):
        if answer != wanted:
            message = f"The project answers {answer}, the model {wanted}, to the row {_shown(row)}."
            raise _differs(message)
    for row, is_refused in zip(rows.bad, found["refused"], strict=True):
        if not is_refused:
            message = f"The project reads a cell that the model refuses, in the row {_shown(row)}."
            raise _differs(message)
    return expected


def expected_answers(model: Model, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the model answers to rows, in the shape that `predict` writes."""
    prediction = model.answer(rows)
    if prediction.labels is None:
        return [{"prediction": value} for value in prediction.values.tolist()]
    classes = list(model.task.classes)
    found = []
    for at, label in enumerate(prediction.labels.tolist()):
        answer = {"prediction": classes[label]}
        if prediction.decisions is not None:
            answer["decision"] = classes[int(prediction.decisions[at])]
        shares = prediction.scores[at].tolist()
        found.append(answer | {f"probability_{c}": share for c, share in zip(classes, shares, strict=True)})
    return found


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def answers(folder: Path, package: str, rows: Fuzz, python: str = sys.executable) -> dict[str, Any]:
    """Let a project in a folder answer rows, in a process of its own; raise ProofError if it cannot."""
    asked = json.dumps({"rows": rows.rows, "bad": rows.bad})
    command = [python, "-I", "-B", "-c", _ANSWER, str(folder), package]
    try:
        run = subprocess.run(  # noqa: S603 - this Python with code that was just written here
            command, input=asked, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _differs(f"The project gave no answer within {_LIMIT_S} s.") from error
    if run.returncode:
        told = run.stderr.strip().splitlines() or [f"it ended with status {run.returncode} and said nothing."]
        raise _differs(f"The project does not run: {told[-1][:300]}")
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def _shown(row: Mapping[str, Any]) -> str:
    text = repr(row)
    return text if len(text) <= 500 else f"{text[:497]}..."


def _differs(message: str) -> ProofError:
    return ProofError(f"{message} Nothing was written. This is a defect of mlwright; please report it.")
