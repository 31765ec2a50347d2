"""A project of its own: readable code and data that answer and learn without mlwright."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, final

from mlwright.core.task import OF_ROWS
from mlwright.exports.eject.fuzz import fuzz
from mlwright.exports.eject.project import GOLDEN, package_name, project
from mlwright.exports.eject.proof import prove
from mlwright.exports.target import Target, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model

_N_ROWS, _N_GOLDEN = 1_000, 40
_SEED = 0


@final
class Python(Target):
    """Code, data and tests, written only if the code answers fuzzed rows exactly as the model does."""

    title = "a Python project that needs no mlwright"
    links = OF_ROWS
    is_folder = True

    def files(self, model: Model, name: str, wishes: Wishes) -> Mapping[str, bytes]:
        """Return the files of the project."""
        del wishes
        files = project(model, name)
        package = package_name(name)
        facts = json.loads(files[f"{package}/model/features.json"])
        rows = fuzz(model, facts, _N_ROWS, _SEED)
        answers = prove(model, package, files, rows)
        return {**files, GOLDEN: _golden(rows.rows, answers)}


def _golden(rows: list[dict[str, object]], answers: list[dict[str, object]]) -> bytes:
    """Write the first rows that strict JSON can hold, with their answers, a row a line."""
    kept: dict[str, list[str]] = {"rows": [], "answers": []}
    for row, answer in zip(rows, answers, strict=True):
        try:
            lines = json.dumps(row, allow_nan=False), json.dumps(answer)
        except ValueError:
            continue
        for key, line in zip(kept, lines, strict=True):
            kept[key].append(line)
    parts = (f'"{key}": [\n' + ",\n".join(lines[:_N_GOLDEN]) + "\n]" for key, lines in kept.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
