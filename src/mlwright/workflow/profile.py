"""Profile: what is in the data, before any model."""

from __future__ import annotations

from typing import Any

from mlwright.data.infer import infer
from mlwright.data.read import read


def profile(data: object, target: str | None = None) -> dict[str, Any]:
    """Describe each column and list what was noticed: the shape of `profile --json`."""
    raw = read(data)
    schema, findings = infer(raw, target=target)
    return {
        "n_rows": raw.n_rows,
        "columns": schema.to_json(),
        "findings": [finding.to_json() for finding in findings],
    }
