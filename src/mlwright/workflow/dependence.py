"""Partial dependence: what the model says on average if one column held this or that."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.schema import NUMERIC, Kind
from mlwright.core.seeds import stream

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.budget import Budget
    from mlwright.core.schema import Column
    from mlwright.workflow.build import Built
    from mlwright.workflow.prepare import Prepared

_MOST_COLUMNS, _MOST_LEVELS, _MOST_ROWS = 6, 8, 300
_SHARES = tuple(np.linspace(0.02, 0.98, 13))
_FEW_VALUES = 13
_LEAST_SHARE = 0.01
"""Of the training rows: of rarer levels the answer says little."""
_LAST_S = 0.6
_ENDS = (0.1, 0.9)
_DIGITS = 4
_DAY_S = 86_400


def dependence(
    prepared: Prepared, built: Built, importance: list[dict[str, Any]], seed: int, budget: Budget
) -> list[dict[str, Any]]:
    """Put each of several values into one column of up to 300 test rows and average the answers.

    For the columns that matter most, as far as time allows. Values are quantiles or levels of the training
    rows; no label is looked at. Of two classes the chance of the rarer is followed, of more that of
    the class that moves most.

    Returns
    -------
    For each column "column", "kind", "class" (null for a value), "n_rows", and "points": "at" (a number, a
    level, a date or a moment to the minute; null is missing), "mean", and the 10 % and 90 % quantiles over
    the rows as "low" and "high".

    Source: Friedman 2001, "Greedy function approximation", section 8.2.
    """
    test, found = prepared.test, []
    chosen = np.sort(stream(seed, "dependence").permutation(test.n_rows)[:_MOST_ROWS])
    rows = test.take(chosen).columns
    names = [item["column"] for item in importance if (item["drop"]["value"] or 0.0) > 0][:_MOST_COLUMNS]
    for name in names:
        if budget.left_s < _LAST_S:
            break
        column = prepared.schema[name]
        places = _places(column, prepared.train.columns[name])
        if len(places) > 1:
            found.append(_follow(prepared, built, rows, column, places))
    return found


def _follow(prepared: Prepared, built: Built, rows: Columns, column: Column, places: Array) -> dict[str, Any]:
    """Answer all rows with every value in the column, in one run."""
    n_rows = len(rows[column.name])
    columns = {name: np.tile(values, len(places)) for name, values in rows.items()}
    columns[column.name] = np.repeat(places, n_rows)
    scores = built.program.run(columns).scores.reshape(len(places), n_rows, -1)
    means = scores.mean(axis=1)
    n_answers = means.shape[1]
    answer = int(np.argmax(np.ptp(means, axis=0))) if n_answers > 2 else _rarer(prepared, n_answers)
    low, high = np.quantile(scores[:, :, answer], _ENDS, axis=1)
    classes, unit = prepared.task.classes, _unit(column, places)
    return {
        "column": column.name,
        "kind": column.kind.value,
        "class": classes[answer] if classes else None,
        "n_rows": n_rows,
        "points": [
            {"at": _shown(column, place, unit), "mean": float(mean), "low": float(least), "high": float(most)}
            for place, mean, least, most in zip(places, means[:, answer], low, high, strict=True)
        ],
    }


def _rarer(prepared: Prepared, n_answers: int) -> int:
    """Return the number of the rarer class of two, as the report tells of it; 0 for a value."""
    target = prepared.train.target
    if n_answers == 1 or target is None:
        return 0
    return 1 if 2 * target.sum() <= len(target) else 0


def _places(column: Column, values: Array) -> Array:
    """Return the values to try: quantiles or levels of these rows, and missing if a cell is."""
    if column.kind is Kind.TEXT:
        return np.empty(0)
    if column.kind not in NUMERIC:
        counts = Counter(values.tolist())
        levels = sorted(counts, key=lambda level: (level == "", -counts[level], level))
        often = [level for level in levels if level and counts[level] >= _LEAST_SHARE * len(values)]
        kept = (often if len(often) > 1 else [level for level in levels if level])[:_MOST_LEVELS]
        return np.array([*kept, *([""] if "" in counts else [])], dtype=object)
    known: Floats = np.unique(values[np.isfinite(values)])
    if len(known) > _FEW_VALUES:
        spread = np.quantile(values[np.isfinite(values)], _SHARES, method="lower")
        known = np.unique(spread if column.kind is Kind.DATETIME else [_short(value) for value in spread])
    return np.append(known, [np.nan] if np.isnan(values).any() else [])


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _unit(column: Column, places: Array) -> str:
    """Return how finely moments are told apart: to the day, unless one is not midnight."""
    if column.kind is not Kind.DATETIME:
        return ""
    known = places[np.isfinite(places)]
    return "m" if (known % _DAY_S).any() else "D"


def _shown(column: Column, place: Any, unit: str) -> float | str | bool | None:
    if column.kind not in NUMERIC:
        return str(place) or None
    if np.isnan(place):
        return None
    if column.kind is Kind.DATETIME:
        return str(np.datetime64(round(float(place)), "s").astype(f"datetime64[{unit}]")).replace("T", " ")
    return bool(place) if column.kind is Kind.BOOLEAN else float(place)
