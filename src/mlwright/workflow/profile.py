"""Profile: what is in the data, before any model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.checks.leaks import Leaks
from mlwright.core.budget import Budget
from mlwright.core.errors import DataError, MissingColumnError
from mlwright.core.finding import Finding, Severity
from mlwright.data.infer import infer
from mlwright.data.read import read
from mlwright.workflow.leaks import without_leaks
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import pose

if TYPE_CHECKING:
    from mlwright.core.schema import Schema
    from mlwright.data.raw import Raw


def profile(data: object, target: str | None = None) -> dict[str, Any]:
    """Describe each column and list what was noticed: the shape of `profile --json`.

    With a target, leaks are looked for as `train` does it: on the rows that it would learn from.
    """
    raw = read(data)
    schema, findings = infer(raw) if target is None else _asked(raw, target)
    return {
        "n_rows": raw.n_rows,
        "columns": schema.to_json(),
        "findings": [finding.to_json() for finding in findings],
    }


def _asked(raw: Raw, target: str) -> tuple[Schema, list[Finding]]:
    """Describe the columns in view of a question; a target that cannot be one is a finding."""
    options = TrainOptions(max_trials=1, leaks=Leaks.WARN)
    try:
        prepared = pose(raw, target, options)
    except MissingColumnError:
        raise
    except DataError as error:
        schema, findings = infer(raw, target=target)
        return schema, [*findings, _no_question(target, str(error))]
    prepared = without_leaks(prepared, options, Budget(max_trials=1))
    return prepared.schema, list(prepared.findings)


def _no_question(target: str, why: str) -> Finding:
    return Finding(rule="no_question", severity=Severity.WARNING, column=target, message=why)
