"""Portrait: what a table looks like before any model: what is missing together, sticks out, or changes."""

from __future__ import annotations

from collections import Counter
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlwright.core.schema import NUMERIC, Kind, Role

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.schema import Column

_MOST_ROWS = 50_000
_N_BARS, _N_LEVELS, _N_PATTERNS, _MOST_NAMED = 12, 8, 6, 8
_FENCE = 3.0
"""In widths of the middle half: farther out is an outlier (Tukey, 1977, "far out")."""
_MOST_OUT = 0.02
_N_GROUPS, _FEWEST = 10, 50
_SURE = 1.63
"""The critical value of Kolmogorov and Smirnov at 1 %, times the root of 1 / n + 1 / m."""
_LEAST_DRIFT = 0.1
_LISTED = 12
_HUGE = 2.0**1021


@np.errstate(over="ignore", invalid="ignore")
def portrait(
    columns: tuple[Column, ...], rows: Columns, target: Floats | None, when: Array | None
) -> dict[str, Any]:
    """Describe a table.

    Parameters
    ----------
    rows
        Typed cells of the columns, each of shape (n_rows,).
    target
        Class numbers or values, NaN where unknown; None without a question.
    when
        Epoch seconds that order the rows; None: as they stand.

    Returns
    -------
    "shapes" (column → "bars" with "low", "high" and "n", or "levels"), "missing_together", "duplicates",
    "outliers", "relations" and "drift": see `docs/reference/evidence.md`.
    """
    n_rows = len(next(iter(rows.values()))) if rows else 0
    every = max(1, -(-n_rows // _MOST_ROWS))
    few = {name: cells[::every] for name, cells in rows.items()}
    told = [column for column in columns if column.name in few]
    return {
        "shapes": {column.name: _shape(column, few[column.name]) for column in told},
        "missing_together": _missing_together(told, few),
        "duplicates": _duplicates(rows, n_rows),
        "outliers": _outliers(told, few),
        "relations": [] if target is None else _relations(told, few, target[::every]),
        "drift": _drift(told, few, None if when is None else when[::every]),
    }


def _is_number(column: Column) -> bool:
    return column.kind in NUMERIC


def _shape(column: Column, cells: Array) -> dict[str, Any]:
    if not _is_number(column):
        counts = Counter(str(cell) for cell in cells.tolist() if cell not in ("", None))
        total = max(1, sum(counts.values()))
        top = counts.most_common(_N_LEVELS)
        return {"levels": [{"level": level[:60], "share": n / total} for level, n in top]}
    known = cells[np.isfinite(cells)]
    if not len(known):
        return {"bars": []}
    unit = _unit(known)
    known = known / unit
    low, high = np.quantile(known, (0.01, 0.99))
    inside = known[(known >= low) & (known <= high)]
    narrowest = 2 * _N_BARS * np.spacing(max(abs(low), abs(high)))
    if high - low < narrowest:  # too few doubles lie between for bars of their own
        low, high = low - max(0.5, narrowest), low + max(0.5, narrowest)
    counts_, edges = np.histogram(inside, bins=_N_BARS, range=(low, high))
    edges *= unit
    ends = zip(edges[:-1].tolist(), edges[1:].tolist(), counts_.tolist(), strict=True)
    middle = float(np.median(known)) * unit
    return {"middle": middle, "bars": [{"low": low, "high": high, "n": n} for low, high, n in ends]}


def _unit(known: Floats) -> float:
    """Return a power of two: in this unit the sum of two of the numbers does not overflow."""
    return 4.0 if np.abs(known).max() > _HUGE else 1.0


def _is_missing(column: Column, cells: Array) -> Array:
    return (
        ~np.isfinite(cells)
        if _is_number(column)
        else np.array([cell in ("", None) for cell in cells.tolist()])
    )


def _missing_together(columns: list[Column], rows: Columns) -> list[dict[str, Any]]:
    """Count which columns are empty in the same rows, the most frequent pattern first."""
    gaps = {
        c.name: _is_missing(c, rows[c.name]) for c in columns if c.missing_share and c.role is not Role.TARGET
    }
    if len(gaps) < 2:
        return []
    patterns, counts = np.unique(np.column_stack(list(gaps.values())), axis=0, return_counts=True)
    names, n_rows = list(gaps), int(counts.sum())
    found: list[dict[str, Any]] = [
        {"columns": [names[i] for i in np.flatnonzero(pattern)], "share": int(n) / n_rows}
        for pattern, n in zip(patterns, counts, strict=True)
        if pattern.sum() > 1
    ]
    return sorted(found, key=lambda one: -one["share"])[:_N_PATTERNS]


def _duplicates(rows: Columns, n_rows: int) -> dict[str, Any]:
    """Count rows that repeat an earlier one in every column that is read."""
    if not rows or n_rows < 2:
        return {"n": 0, "share": 0.0}
    frame = pl.DataFrame(
        {f"{i}": cells.tolist() if cells.dtype == object else cells for i, cells in enumerate(rows.values())}
    )
    n = n_rows - frame.n_unique()
    return {"n": n, "share": n / n_rows}


def _outliers(columns: list[Column], rows: Columns) -> list[dict[str, Any]]:
    """List numbers far outside of the usual, where they are few: many are no outliers but a long tail."""
    found = []
    for column in columns:
        if column.kind is not Kind.NUMBER or column.role is Role.TARGET:
            continue
        known = rows[column.name][np.isfinite(rows[column.name])]
        if len(known) < _FEWEST:
            continue
        low, high = np.quantile(known, (0.25, 0.75))
        reach = _FENCE * (high - low)
        far = known[(known < low - reach) | (known > high + reach)]
        if reach > 0 and 0 < len(far) <= _MOST_OUT * len(known):
            ends = {"farthest": float(far[np.argmax(np.abs(far - np.median(known)))])}
            usual = {"usual_low": float(low), "usual_high": float(high)}
            found.append({"column": column.name, "share": len(far) / len(known), **ends, **usual})
    return sorted(found, key=lambda one: -_farness(one))[:_LISTED]


def _farness(one: dict[str, Any]) -> float:
    width = one["usual_high"] - one["usual_low"]
    return float(max(one["usual_low"] - one["farthest"], one["farthest"] - one["usual_high"]) / width)


def _groups(column: Column, cells: Array) -> Array:
    """Give each row the number of its tenth or its level; missing is a group of its own."""
    if _is_number(column):
        known = np.isfinite(cells)
        ends = np.linspace(0, 1, _N_GROUPS + 1)[1:-1]
        edges = np.unique(np.quantile(cells[known], ends)) if known.any() else np.zeros(0)
        return np.where(known, np.searchsorted(edges, cells, side="right"), _N_GROUPS)
    levels = [level for level, _ in Counter(cells.tolist()).most_common(2 * _N_GROUPS)]
    number = {level: i for i, level in enumerate(levels)}
    return np.array([number.get(cell, len(levels)) for cell in cells.tolist()])


def _relations(columns: list[Column], rows: Columns, target: Floats) -> list[dict[str, Any]]:
    """Say how much of the target each column explains alone, chance taken off."""
    known = np.isfinite(target)
    truth = target[known]
    if len(truth) < _FEWEST or len(np.unique(truth)) < 2:
        return []
    is_class = len(np.unique(truth)) <= _N_GROUPS and np.all(truth == np.round(truth))
    sides = [truth == label for label in np.unique(truth)] if is_class else [truth]
    found: list[dict[str, Any]] = [
        {"column": column.name, "strength": _explained(_groups(column, rows[column.name])[known], sides)}
        for column in columns
        if column.role is Role.FEATURE
    ]
    return sorted((one for one in found if one["strength"] > 0), key=lambda one: -one["strength"])[:_LISTED]


def _explained(groups: Array, sides: list[Array]) -> float:
    """Return the adjusted share of the variance between groups (epsilon squared; Kelley, 1935)."""
    _, at = np.unique(groups, return_inverse=True)
    n, k = np.bincount(at), len(np.unique(at))
    if k < 2 or len(at) <= k:
        return 0.0
    within = total = 0.0
    for side in sides:
        y = side.astype(float)
        means = np.bincount(at, weights=y) / n
        within += float(((y - means[at]) ** 2).sum())
        total += float(((y - y.mean()) ** 2).sum())
    return max(0.0, 1.0 - within / (len(at) - k) * (len(at) - 1) / total) if total else 0.0


def _drift(columns: list[Column], rows: Columns, when: Array | None) -> list[dict[str, Any]]:
    """Compare the first fifth of the rows with the last: what changed beyond chance, and noticeably."""
    n_rows = len(next(iter(rows.values()))) if rows else 0
    order = np.arange(n_rows) if when is None else np.argsort(when, kind="stable")
    fifth = n_rows // 5
    if fifth < _FEWEST:
        return []
    first, last = order[:fifth], order[-fifth:]
    least = max(_LEAST_DRIFT, _SURE * np.sqrt(2.0 / fifth))
    found = []
    for column in columns:
        if column.kind in (Kind.DATETIME, Kind.IDENTIFIER, Kind.TEXT, Kind.CONSTANT, Kind.STRING):
            continue
        before, after = rows[column.name][first], rows[column.name][last]
        moved, ends = (_numbers_moved if _is_number(column) else _levels_moved)(before, after)
        if moved > least:
            found.append({"column": column.name, "distance": moved, **ends})
    return sorted(found, key=lambda one: -one["distance"])[:_LISTED]


def _numbers_moved(before: Array, after: Array) -> tuple[float, dict[str, Any]]:
    one, other = (np.sort(cells[np.isfinite(cells)]) for cells in (before, after))
    if not len(one) or not len(other):
        return 0.0, {}
    both = np.concatenate([one, other])
    shares = [np.searchsorted(cells, both, side="right") / len(cells) for cells in (one, other)]
    unit = _unit(both)
    ends = {"first": float(np.median(one / unit)) * unit, "last": float(np.median(other / unit)) * unit}
    return float(np.abs(shares[0] - shares[1]).max()), ends


def _levels_moved(before: Array, after: Array) -> tuple[float, dict[str, Any]]:
    one, other = Counter(before.tolist()), Counter(after.tolist())
    moves = {level: other[level] / len(after) - one[level] / len(before) for level in {*one, *other}}
    most = max(sorted(moves, key=str), key=lambda level: abs(moves[level]))
    ends = {"level": str(most), "first": one[most] / len(before), "last": other[most] / len(after)}
    # An exact sum, as the order of a set is another in each process.
    return fsum(map(abs, moves.values())) / 2, ends
