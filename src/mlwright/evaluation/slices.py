"""Slices: parts of a table that a short rule describes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.said import one_after_the_other, said
from mlwright.core.schema import NUMERIC, Column, Kind

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats

_QUANTILES = (0.2, 0.4, 0.6, 0.8)
_FEW_VALUES = 6
_MOST_LEVELS = 12
_DIGITS = 3
"""Of the ends of ranges, so that a rule is short and still exact."""
_DAY_S = 86_400.0


@final
@dataclass(frozen=True, slots=True)
class Condition:
    """What one column must hold: a level, a range above `low` and up to `high`, or nothing.

    With neither level nor ends it is that the cell is missing.
    """

    column: str
    kind: Kind
    level: float | str | None = None
    low: float = -np.inf
    high: float = np.inf

    def mask(self, values: Array) -> Array:
        """Tell which cells fulfill it, shape (n_rows,)."""
        is_number = self.kind in NUMERIC
        if self.level is not None:
            return np.asarray(values == self.level)
        if self.low == -np.inf and self.high == np.inf:
            return np.isnan(values) if is_number else np.asarray(values == "")
        return (values > self.low) & (values <= self.high)

    @property
    def name(self) -> str:
        """What to call the rows in a sentence: "Male", "true", "missing", "above 3 up to 5"."""
        if isinstance(self.level, str):
            return self.level
        if self.level is not None:
            return self._written(self.level)
        ends: list[str] = []
        if self.low > -np.inf:
            ends.append(said("above {low}", low=self._written(self.low)))
        if self.high < np.inf:
            ends.append(said("up to {high}", high=self._written(self.high)))
        return one_after_the_other(ends) or said("missing")

    @property
    def rule(self) -> str:
        """The condition as people write it, such as "tenure <= 6" or "3 < tenure <= 6"."""
        if self.level is not None:
            shown = repr(self.level) if isinstance(self.level, str) else self._written(self.level)
            if self.kind is Kind.BOOLEAN:
                return said("{column} is {level}", column=self.column, level=shown)
            return said("{column} = {level}", column=self.column, level=shown)
        ends = {"column": self.column, "low": self._written(self.low), "high": self._written(self.high)}
        if self.low > -np.inf:
            return said("{low} < {column} <= {high}" if self.high < np.inf else "{column} > {low}", **ends)
        return said("{column} <= {high}" if self.high < np.inf else "{column} is missing", **ends)

    def _written(self, value: float) -> str:
        if self.kind is Kind.BOOLEAN:
            return said("true") if value else said("false")
        if self.kind is Kind.DATETIME and np.isfinite(value):
            return str(np.datetime64(round(value), "s").astype("datetime64[D]"))
        return said("{n:.15g}", n=value)


@final
@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that fulfill all conditions."""

    conditions: tuple[Condition, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are asked."""
        return tuple(condition.column for condition in self.conditions)

    @property
    def rule(self) -> str:
        """The rule in words."""
        whole, *others = (condition.rule for condition in self.conditions)
        for other in others:
            whole = said("{one} and {other}", one=whole, other=other)
        return whole

    def mask(self, columns: Columns) -> Array:
        """Tell which rows belong to it, shape (n_rows,)."""
        found = [condition.mask(columns[condition.column]) for condition in self.conditions]
        return np.asarray(np.logical_and.reduce(found))


def conditions(column: Column, values: Array) -> list[Condition]:
    """Divide a column by levels or by quantiles of these rows; missing cells are a part of their own.

    Texts are not divided. Levels are the twelve most frequent, in that order. Ends of ranges are rounded to
    three digits (dates to days), so a range holds a fifth of the rows only about.
    """
    if column.kind is Kind.TEXT:
        return []
    if column.kind not in NUMERIC:
        counts = Counter(values.tolist())
        absent = counts.pop("", 0)
        levels = sorted(counts, key=lambda level: (-counts[level], level))[:_MOST_LEVELS]
        found = [Condition(column.name, column.kind, level) for level in levels]
        return [*found, Condition(column.name, column.kind)] if absent else found
    known = values[np.isfinite(values)]
    missing = [Condition(column.name, column.kind)] if len(known) < len(values) else []
    distinct = np.unique(known)
    if column.kind is not Kind.DATETIME and len(distinct) <= _FEW_VALUES:
        return [*(Condition(column.name, column.kind, float(value)) for value in distinct), *missing]
    edges = _edges(known, is_date=column.kind is Kind.DATETIME)
    ends = [-np.inf, *edges, np.inf] if edges else []
    return [*(_range(column, low, high) for low, high in pairwise(ends)), *missing]


def _range(column: Column, low: float, high: float) -> Condition:
    if column.is_integer and high == low + 1:
        return Condition(column.name, column.kind, high)
    return Condition(column.name, column.kind, None, low, high)


def _edges(known: Floats, *, is_date: bool) -> list[float]:
    if not len(known):
        return []
    quantiles = np.quantile(known, _QUANTILES, method="lower")
    if is_date:
        rounded = np.floor(quantiles / _DAY_S) * _DAY_S
    else:
        rounded = np.array([float(f"{value:.{_DIGITS}g}") for value in quantiles])
    inside = rounded[(rounded >= known.min()) & (rounded < known.max())]
    return [float(edge) for edge in np.unique(inside)]
