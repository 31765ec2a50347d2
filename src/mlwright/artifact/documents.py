"""The JSON members of a model file: read strictly, and looked at before anything is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.errors import ArtifactError
from mlwright.core.schema import Kind, Role
from mlwright.core.shape import (
    MAYBE_NUMBER,
    NUMBER,
    OBJECT,
    REST,
    anything,
    is_count,
    is_share,
    misfit,
)
from mlwright.core.strict_json import read_strictly
from mlwright.core.task import Link
from mlwright.data.dates import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_VALUES = 3_000_000
"""Of all documents together: Python takes up to some hundred bytes for each, however short its text is."""

_MAYBE_OBJECT = (OBJECT, None)
_ESTIMATE = {"value": MAYBE_NUMBER, "low": MAYBE_NUMBER, "high": MAYBE_NUMBER, REST: anything}
_SCORES = {REST: (_ESTIMATE, None)}
_BASELINE_RULE = {"name": str, "says": str, "series": [str], REST: anything}
_TASK = {
    "kind": str, "link": tuple(Link), "target": str, "metric": str, "metrics": [str],
    "classes": [(str, int, float, bool)], "offset": NUMBER, "scale": NUMBER,
}  # fmt: skip
_COLUMN = {
    "name": str, "kind": tuple(Kind), "role": tuple(Role), "missing": [str], "missing_share": is_share,
    "n_unique": is_count, "low": MAYBE_NUMBER, "high": MAYBE_NUMBER, "levels": [str], "decimal": (".", ","),
    "thousands": ("", ",", ".", " ", "'"), "date_format": ("", *FORMATS), "is_integer": bool,
}  # fmt: skip
_FINDING = {
    "rule": str, "severity": ("error", "warning", "note"), "column": (str, None), "message": str,
    "evidence": OBJECT, "remedy": str, "action": str, REST: anything,
}  # fmt: skip
_LEARNED = {"n_rows": is_count, "hashes": str, "usual": NUMBER, REST: anything}
_SHAPES: dict[str, Any] = {
    "manifest.json": {
        "format": anything, "created": (str, None), "environment": OBJECT, "fingerprint": str,
        "files": {REST: {"sha256": str, "size": is_count}}, REST: anything,
    },
    "schema.json": {"task": _TASK, "columns": [_COLUMN]},
    "evidence.json": {
        "format": (1,), "name": str, "created": (str, None), "task": {**_TASK, REST: anything},
        "test": _SCORES, "baseline": (_SCORES, None), "baseline_rule?": (_BASELINE_RULE, None),
        "data": {"columns": [OBJECT], REST: anything},
        "split": _MAYBE_OBJECT, "findings": [_FINDING], "leaderboard": [OBJECT], "decisions": [OBJECT],
        "ledger": [OBJECT], "environment": OBJECT, "budget": OBJECT, "refit": OBJECT, "options": OBJECT,
        "program": OBJECT, REST: anything,
    },
    "profile.json": {
        "n_rows": is_count, "columns": {REST: {"kind": str, REST: anything}}, "prediction": OBJECT,
        "learned?": _LEARNED, REST: anything,
    },
    "golden.json": {
        "rows": {REST: [(str, int, float, None)]}, "scores": [[NUMBER]], "labels": ([is_count], None),
        "places?": ([[is_count]], None), "difficulty?": ([NUMBER], None), "decisions?": ([is_count], None),
    },
    "intervals.json": {
        "mode": str, "levels": [NUMBER], "quantiles": [MAYBE_NUMBER], "n_rows": is_count,
        "n_groups": (is_count, None),
    },
}  # fmt: skip
"""What is computed with is told to the end, what people read as far as most pages of it rely on."""


def read_documents(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Read JSON members, by name; raise ArtifactError, naming member and place, if one is not as it must be.

    Members that are no JSON are passed over.
    """
    known = {name: data for name, data in files.items() if name in _SHAPES}
    n_values = sum(data.count(b",") + data.count(b"{") + data.count(b"[") for data in known.values())
    if n_values > _MOST_VALUES:
        message = f"The model file is refused: its documents hold {n_values:,} values, more than any of ours."
        raise ArtifactError(message)
    found = {name: _read(name, data) for name, data in known.items()}
    for name, value in found.items():
        where = misfit(value, _SHAPES[name])
        if where is not None:
            message = f"{name} is not as mlwright writes it{' at ' + where[:80] if where else ''}."
            raise ArtifactError(message)
    return found


def _read(name: str, data: bytes) -> Any:
    try:
        return read_strictly(data.decode())
    except ValueError as error:
        message = f"{name} is not JSON as mlwright writes it: {str(error)[:100]}."
        raise ArtifactError(message) from error
