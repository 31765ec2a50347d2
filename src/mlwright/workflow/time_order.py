"""Time that nobody named: a table whose rows stand in the order of a date asks about what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.core.schema import Kind, Role
from mlwright.data.parse import parse_column

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.schema import Schema
    from mlwright.data.raw import Raw

NO_TIME = "none"
"""As the name of the time column: judge on random rows, whatever their order."""
_FEWEST_ROWS, _FEWEST_TIMES = 100, 20
_ORDERED_SHARE = 0.995


def with_time(schema: Schema, raw: Raw) -> tuple[Schema, list[Finding]]:
    """Give the role of time to the date in whose order the rows stand: of several the finest.

    A random split of such rows would put each test row between its neighbors in time, and claim more
    than the model can do for rows to come.
    """
    found = []
    for column in schema.features:
        if column.kind is Kind.DATETIME:
            times = parse_column(column, raw.columns[column.name])
            share = ordered_share(times)
            if share >= _ORDERED_SHARE:
                found.append((len(np.unique(times)), column.name, share))
    if not found:
        return schema, []
    _, name, share = max(found)
    return schema.with_role(Role.TIME, name), [_finding(name, share)]


def ordered_share(times: Floats) -> float:
    """Return the share of steps that go forward (or, if most go back, backward), in [0, 1].

    0 where cells are missing, rows are few, or times are.
    """
    if len(times) < _FEWEST_ROWS or np.isnan(times).any() or len(np.unique(times)) < _FEWEST_TIMES:
        return 0.0
    steps = np.diff(times)
    return float(max(np.mean(steps >= 0), np.mean(steps <= 0)))


def _finding(name: str, share: float) -> Finding:
    return Finding(
        rule="time_order",
        severity=Severity.WARNING,
        column=name,
        message=said(
            "The rows stand in the order of {column!r}, so the question is taken to be about rows to come: "
            "the model is judged on the latest rows, and validated forward in time.",
            column=name,
        ),
        evidence={"ordered_share": share},
        remedy=said(
            "Confirm with --time {column}, or use --time {none} if the order means nothing.",
            column=name,
            none=NO_TIME,
        ),
        action="kept",
    )
