"""Fuzz: raw rows that could tell a project from its model: usual cells, odd ones, and unreadable ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.schema import NUMERIC, Kind
from mlwright.data.parse import cell_reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlwright.artifact.model import Model
    from mlwright.core.schema import Column

_ODD_NUMBERS = (
    None, "", " ", nan, inf, -inf, True, False, 0, -0.0, 10**301, 1e300, -1e300, 1e39, 16_777_217, 2**53 + 1,
    "1e3", " 12 ", "+7", "-.5", "5.", "$5", "-$1,200", "45 %", "1.234,5", "1,234.5", "1 234", "\u00a07",
    "\u22123", "1_000", "\uff11\uff12", "inf", "-inf", "--inf", "nan", "NaN", "infinity", "12\x00", "true",
    "False", "0x10", "NA", "?", "none",
)  # fmt: skip
_ODD_TEXTS = (
    None, "", " ", nan, inf, True, False, 0, 7, 7.0, "7.0", -0.0, "0.0", "-0.0", 1.5, 1e22, 10**301, 1e301,
    1e-5, "0.00001", "1e-5", "1e-05", "never seen before", "\u00e4\u00f6\u00fc \u4f60\u597d", "\U0001f600 !",
    "a" * 300, "\ud800", "a\x00b", "  padded ", "Don't \u2026 (stop)\n\tnow", "NA", "n/a", "?", "None",
)  # fmt: skip
_ODD_DATES = (
    None, "", nan, 0, 1e9, -6.2e10, 3e11, True, "0001-01-01", "9999-12-31T23:59:59.999999", "2000-02-29",
    "1969-12-31 23:59:59", "2024/02/29 08:30", "2024-03-01T00:00:00Z", "2024-12-31T23:30:00-05:30",
    "2024-05-31 08:00 UTC", "2023-02-29", "31.12.2024", "12/31/2024", "2024-05", "soon", "NaT",
)  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Fuzz:
    """`rows` can be read by the model; each of `bad` holds one cell that cannot."""

    rows: list[dict[str, Any]]
    bad: list[dict[str, Any]]


def fuzz(model: Model, facts: Mapping[str, Any], n_rows: int, seed: int) -> Fuzz:
    """Make rows of cells by column: two thirds usual cells, of the range and the levels seen in training."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = [{} for _ in range(n_rows)]
    unreadable: list[tuple[str, Any]] = []
    for name in model.inputs:
        column = model.schema[name]
        odd, refused = _parted(column, _odd(column))
        unreadable += [(name, cell) for cell in refused]
        usual = _usual(column, facts, rng, n_rows)
        for row, cell in enumerate(usual):
            rows[row][name] = odd[rng.integers(len(odd))] if rng.random() < 1 / 3 else cell
    bad = [{**rows[at % n_rows], name: cell} for at, (name, cell) in enumerate(unreadable)]
    return Fuzz(rows, bad)


def _parted(column: Column, cells: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Part cells into those that the model reads and those that it refuses."""
    read = cell_reader(column)
    good, bad = [], []
    for cell in cells:
        try:
            read(cell)
        except DataError:
            bad.append(cell)
        else:
            good.append(cell)
    return good, bad


def _odd(column: Column) -> list[Any]:
    spelled = [form(text) for text in column.missing for form in (str, str.upper)]
    if column.kind is Kind.DATETIME:
        return [*_ODD_DATES, *spelled]
    if column.kind in (Kind.NUMBER, Kind.BOOLEAN):
        low, high = column.low or 0.0, column.high or 0.0
        return [*_ODD_NUMBERS, *spelled, low, high, np.nextafter(high, inf).item(), str(low)]
    return [*_ODD_TEXTS, *spelled, *(f" {level} " for level in column.levels[:20])]


def _usual(column: Column, facts: Mapping[str, Any], rng: np.random.Generator, n_rows: int) -> list[Any]:
    low, high = column.low or 0.0, column.high if column.high is not None else 1.0
    if column.kind is Kind.DATETIME:
        return [_spelled(second, column) for second in rng.uniform(low, high, n_rows).tolist()]
    if column.kind is Kind.CATEGORY:
        levels = [*column.levels, ""]
        return [levels[at] for at in rng.integers(0, len(levels), n_rows)]
    if column.kind not in NUMERIC:
        return _texts(column, facts, rng, n_rows)
    values = rng.uniform(low, high, n_rows)
    is_whole = (rng.random(n_rows) < 0.5) | (column.kind is Kind.BOOLEAN)
    values = np.where(is_whole, np.round(values), values)
    edges = _edges(column.name, facts) or values
    found: list[Any] = np.where(rng.random(n_rows) < 0.2, rng.choice(edges, n_rows), values).tolist()
    return found


def _edges(name: str, facts: Mapping[str, Any]) -> list[float]:
    """Return where groups of a number begin, on which a comparison may go wrong."""
    bins = [item for one in facts["sets"] for item in one.get("bins", []) if item["of"] == name]
    return [edge for item in bins for edge in item["edges"]]


def _spelled(second: float, column: Column) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(second))
    if column.date_format:
        return moment.strftime(column.date_format)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second % 2 else "%Y-%m-%d")


def _texts(column: Column, facts: Mapping[str, Any], rng: np.random.Generator, n_rows: int) -> list[str]:
    """Return sentences of the words that the model knows, some in upper case, and of levels."""
    known = [
        item["terms"]
        for item in facts.get("texts", [])
        if item["column"] == column.name and not item["letters"]
    ]
    words = [*(term for terms in known for term in terms), *column.levels, "unknown", "\u4f60\u597d", "it's"]
    found = []
    for _ in range(n_rows):
        chosen = [words[at] for at in rng.integers(0, len(words), int(rng.integers(1, 12)))]
        found.append(" ".join(word.upper() if rng.random() < 0.1 else word for word in chosen))
    return found
