"""Profile: how the training rows were distributed, for those who watch the model later. No rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.schema import NUMERIC, Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Columns
    from mlwright.core.prediction import Prediction

_SHARES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
_MAX_LEVELS = 50
MIN_ROWS_SHOWN = 5
"""Levels rarer than this are counted together: they could point at a person."""


def make_profile(
    columns: tuple[Column, ...], rows: Columns, prediction: Prediction, learned: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe each column and the predictions; `learned` is a sketch of the rows that the model knows."""
    return {
        "n_rows": len(prediction.scores),
        "learned": dict(learned),
        "columns": {column.name: _describe(column, rows[column.name]) for column in columns},
        "prediction": _describe_numbers(prediction.scores[:, -1]),
    }


def _describe(column: Column, values: Array) -> dict[str, Any]:
    if column.kind in NUMERIC:
        return {"kind": column.kind.value, **_describe_numbers(values)}
    counts = Counter(values.tolist())
    absent = counts.pop("", 0)
    top = [(level, n) for level, n in counts.most_common(_MAX_LEVELS) if n >= MIN_ROWS_SHOWN]
    n_rows = max(1, len(values))
    return {
        "kind": column.kind.value,
        "missing_share": absent / n_rows,
        "n_unique": len(counts),
        "levels": {level: n / n_rows for level, n in top if len(level) <= 60},
    }


def _describe_numbers(values: Array) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    quantiles = np.quantile(known, _SHARES, method="lower").tolist() if len(known) else []
    with np.errstate(over="ignore", invalid="ignore"):  # squares of numbers beyond 1e154
        mean, std = (known.mean(), known.std()) if len(known) else (np.nan, np.nan)
    return {
        "missing_share": 1.0 - len(known) / max(1, len(values)),
        "mean": float(mean) if np.isfinite(mean) else None,
        "std": float(std) if np.isfinite(std) else None,
        "quantiles": dict(zip(map(str, _SHARES), quantiles, strict=False)),
    }
