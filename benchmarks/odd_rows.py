"""Rows made to break a translation of a model: odd cells among known ones, values on thresholds of trees."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.schema import NUMERIC, Kind
from mlwright.program.onnx_file import read_onnx

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.schema import Column

_ODD_SHARE = 0.3
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - as databases hold them
_STRANGE_NUMBERS = (
    0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1e-40, -1e-45, 5e-324, 1e38, -1e38, 3.4028235677973366e38, 1e300, -1e300,
    16_777_217.0, 16_777_219.0, 2.0**53 + 2, 1e10, -123_456.789, float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
_STRANGE_TEXTS = (
    "", " ", "never seen", "äöü 你好", "\U0001f600", "\u00a0x\u2003", "İstanbul", "straße", "a" * 300,
    "'quoted'", "0",
    "12.0", "nan", "NULL", "null", "x\ty",
)  # fmt: skip
_STRANGE_MOMENTS = (
    "0001-01-01", "1969-12-31 23:59:59.999999", "1970-01-01", "2000-02-29 12:30:00",
    "2024-02-29 23:59:59.123456", "2100-03-01", "9999-12-31 23:59:59",
)  # fmt: skip


def fuzz(model: Model, known: dict[str, Any], n_rows: int, seed: int) -> dict[str, tuple[str, list[Any]]]:
    """Return raw cells of the columns that a model reads, typed as a database types them.

    Parameters
    ----------
    known
        Typed cells of real rows, by column (see `core.arrays.Columns`).
    """
    rng = np.random.default_rng(seed)
    edges = thresholds(model)
    found: dict[str, tuple[str, list[Any]]] = {}
    for name in model.inputs:
        column = model.schema[name]
        cells = known[name][rng.integers(0, len(known[name]), n_rows)]
        odd = rng.random(n_rows) < _ODD_SHARE
        found[name] = _cells(column, cells, odd, edges.get(name, []), rng)
    return found


def _cells(column: Column, cells: Any, odd: Any, edges: Any, rng: Any) -> tuple[str, list[Any]]:
    if column.kind is Kind.DATETIME:
        moments = [None if np.isnan(s) else _EPOCH + timedelta(seconds=s) for s in cells.tolist()]
        strange = [None, *map(datetime.fromisoformat, _STRANGE_MOMENTS)]
        return "moment", [
            rng.choice(strange) if is_odd else cell for cell, is_odd in zip(moments, odd, strict=True)
        ]
    if column.kind is Kind.BOOLEAN:
        truths = [None if np.isnan(cell) else bool(cell) for cell in cells.tolist()]
        return "truth", [
            rng.choice([None, True, False]) if is_odd else c for c, is_odd in zip(truths, odd, strict=True)
        ]
    if column.kind in NUMERIC:
        strange = np.array([*_STRANGE_NUMBERS, column.low or 0.0, column.high or 0.0, *edges])
        # Half of the odd cells from the short list, or thresholds would crowd it out.
        few = strange[rng.integers(0, len(_STRANGE_NUMBERS), len(cells))]
        chosen = np.where(rng.random(len(cells)) < 0.3, few, rng.choice(strange, len(cells)))
        return "number", [
            None if np.isnan(c) and rng.random() < 0.5 else c for c in np.where(odd, chosen, cells).tolist()
        ]
    levels = [
        *column.levels[:50],
        *(level.upper() for level in column.levels[:5]),
        *(f" {level}\n" for level in column.levels[:5]),
    ]
    strange = [None, *_STRANGE_TEXTS, *column.missing, *(one.upper() for one in column.missing), *levels]
    at = rng.integers(0, len(strange), len(cells))
    return "text", [
        strange[i] if is_odd else cell or None
        for cell, is_odd, i in zip(cells.tolist(), odd, at, strict=True)
    ]


def thresholds(model: Model) -> dict[str, Any]:
    """Return, for raw numbers that trees split as they are, the thresholds and their neighbors."""
    from mlwright.exports.query.trace import split_values  # noqa: PLC0415 - after the model is there

    found = {}
    for name, values in split_values(read_onnx(model.program)).items():
        single = np.array(sorted(values), np.float32)
        below, above = (np.nextafter(single, np.float32(end)) for end in (-np.inf, np.inf))
        found[name] = np.concatenate([single, below, above]).astype(np.float64)
    return found


def as_python(cells: dict[str, tuple[str, list[Any]]]) -> dict[str, Any]:
    """Return the same cells as mlwright is given them."""
    return {
        name: np.array([np.nan if c is None else c for c in values]) if kind == "number" else values
        for name, (kind, values) in cells.items()
    }
