"""Profile: what is in the data, before any model."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.checks.leaks import Leaks
from mlwright.core.budget import Budget
from mlwright.core.errors import DataError, MissingColumnError, UnknownNameError
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import spelled
from mlwright.core.schema import Kind, Role
from mlwright.data.infer import infer
from mlwright.data.parse import labels, parse
from mlwright.data.read import read
from mlwright.workflow.events import ROLES, describe_events
from mlwright.workflow.leaks import without_leaks
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.portrait import portrait
from mlwright.workflow.prepare import pose
from mlwright.workflow.question import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.schema import Schema
    from mlwright.data.raw import Raw
    from mlwright.workflow.prepare import Prepared


def profile(
    data: object, target: str | None = None, roles: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Describe each column and list what was noticed: the shape of `profile --json`.

    With a target, leaks are looked for as `train` does it: on the rows that it would learn from. `roles` are
    columns of a table of events, by "user", "item", "text" and "time": see `events.describe_events`.
    """
    raw = read(data)
    events = _events(raw, roles) if roles else None
    asked = _Asked(*infer(raw)) if target is None else _asked(raw, target)
    schema = asked.schema
    told = [column for column in schema if column.name != target]
    rows = parse(told, raw, where=raw.source)
    found = {
        "n_rows": raw.n_rows,
        "columns": schema.to_json(),
        "findings": [finding.to_json() for finding in asked.findings],
        "name": PurePath(raw.source).name,
        "target": target,
        "time": _time_column(schema),
        "leaks": asked.leaks,
        "events": events,
        **portrait(tuple(told), rows, asked.truth, _when(schema, rows)),
    }
    return dict(spelled(found))


def _events(raw: Raw, roles: Mapping[str, str]) -> dict[str, Any]:
    odd = next((role for role in roles if role not in ROLES), None)
    if odd is not None:
        raise UnknownNameError.among("role", odd, ROLES)
    user, item, text, time = (roles.get(role) for role in ROLES)
    return describe_events(raw, user=user, item=item, text=text, time=time)


@final
@dataclass(frozen=True, slots=True)
class _Asked:
    """A table in view of a question: what is known of its target, and which columns are accused."""

    schema: Schema
    findings: list[Finding]
    truth: Floats | None = None
    leaks: list[dict[str, Any]] = field(default_factory=list)


def _time_column(schema: Schema) -> str | None:
    """Return the column that orders the rows: the one with that role, else the only one that holds times."""
    moments = [column.name for column in schema if column.kind is Kind.DATETIME]
    ordered = [column.name for column in schema.role_of(Role.TIME)]
    return ordered[0] if ordered else moments[0] if len(moments) == 1 else None


def _when(schema: Schema, rows: Columns) -> Array | None:
    name = _time_column(schema)
    cells = rows.get(name) if name else None
    return None if cells is None or cells.dtype == object else cells


def _truth(raw: Raw, target: str, prepared: Prepared) -> Floats:
    """Return class numbers or values of all rows, NaN where the target is not known."""
    cells = labels(prepared.schema[target], raw.columns[target])
    known = np.flatnonzero(np.array([cell is not None for cell in cells], dtype=bool))
    truth = np.full(raw.n_rows, np.nan)
    truth[known] = encode(prepared.task, cells[known], known)
    return truth


def _asked(raw: Raw, target: str) -> _Asked:
    """Describe the columns in view of a question; a target that cannot be one is a finding."""
    options = TrainOptions(max_trials=1, leaks=Leaks.WARN)
    try:
        prepared = pose(raw, target, options)
    except MissingColumnError:
        raise
    except DataError as error:
        schema, findings = infer(raw, target=target)
        return _Asked(schema, [*findings, _no_question(target, str(error))])
    prepared = without_leaks(prepared, options, Budget(max_trials=1))
    return _Asked(
        prepared.schema, list(prepared.findings), _truth(raw, target, prepared), list(prepared.leaks)
    )


def _no_question(target: str, why: str) -> Finding:
    return Finding(rule="no_question", severity=Severity.WARNING, column=target, message=why)
