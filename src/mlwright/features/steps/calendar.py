"""Dates and times: how long ago, and where in the year, the week and the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.schema import Kind, Role
from mlwright.core.step import Block, FittedStep, Layout, Lowered, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlwright.core.arrays import Columns, Floats, Integers, Singles
    from mlwright.core.dataset import Dataset
    from mlwright.core.graph import Graph

_SINCE = "days"
PARTS = (_SINCE, "year", "month", "day", "weekday", "day_of_year", "hour")
_DAY_S = 86_400.0
_FIRST_DAY, _LAST_DAY = -719_468, 2_932_896
"""Days since 1970 of 1 March of year 0 and of the end of year 9999; dates beyond are clipped."""


@final
@dataclass(frozen=True)
class _Parts(FittedStep):
    names: tuple[str, ...]
    origins: tuple[float, ...]
    parts: tuple[tuple[str, ...], ...]
    clock: str = ""

    @property
    def layout(self) -> Layout:
        named = [(name, part) for name, parts in zip(self.names, self.parts, strict=True) for part in parts]
        dense = tuple(f"{name}.{part}" for name, part in named)
        reads = (*self.names, self.clock) if self.clock else self.names
        trend = (f"{self.clock}.days",) if f"{self.clock}.days" in dense else ()
        owners = tuple(self._owners(name, part) for name, part in named)
        return Layout(reads=tuple(dict.fromkeys(reads)), dense=dense, trend=trend, owners=owners)

    def _owners(self, name: str, part: str) -> tuple[str, ...]:
        is_since = part == _SINCE and self.clock not in ("", name)
        return (name, self.clock) if is_since else (name,)

    def transform(self, columns: Columns) -> Block:
        found = [
            split(columns[name], origin if self.clock in ("", name) else columns[self.clock])[part]
            for name, origin, parts in zip(self.names, self.origins, self.parts, strict=True)
            for part in parts
        ]
        return Block(dense=np.column_stack(found))

    def lower(self, graph: Graph, inputs: Mapping[str, str]) -> Lowered:
        found = []
        for name, origin, parts in zip(self.names, self.origins, self.parts, strict=True):
            since = graph.constant(origin, np.float64)
            if self.clock not in ("", name):
                since = inputs[self.clock]
            made = _lower_parts(graph, inputs[name], since)
            found += [made[part] for part in parts]
        return Lowered(dense=graph.add("Concat", *found, axis=1))


@final
class Calendar(Step):
    """Parts of dates by integer arithmetic. Source: Hinnant 2013, "chrono-compatible date algorithms".

    Where rows have a time of their own, other dates count the days from it. Its own days are a trend:
    rows to come lie beyond all that was seen, so candidates are tried with it and without.
    """

    def fit(self, dataset: Dataset, seed: int) -> FittedStep | None:
        """Keep, for each column, the parts that vary."""
        del seed
        dates = [column for column in dataset.schema.features if column.kind is Kind.DATETIME]
        clock = next((column.name for column in dates if column.role is Role.TIME), "")
        names, origins, kept = [], [], []
        for column in dates:
            values = dataset.columns[column.name]
            known = values[~np.isnan(values)]
            if not len(known):
                continue
            origin = float(np.floor(np.median(known) / _DAY_S) * _DAY_S)
            parts = split(values, dataset.columns[clock] if clock not in ("", column.name) else origin)
            varying = tuple(part for part in PARTS if _varies(parts[part]))
            if varying:
                names.append(column.name)
                origins.append(origin)
                kept.append(varying)
        return _Parts(tuple(names), tuple(origins), tuple(kept), clock) if names else None


def _varies(values: Singles) -> bool:
    return len(np.unique(values[~np.isnan(values)])) > 1


def split(seconds: Floats, origin: Floats | float) -> dict[str, Singles]:
    """Split epoch seconds, shape (n_rows,), into parts; NaN gives NaN in every part.

    `days` counts from `origin`: one for all rows, or one for each.
    """
    absent = np.isnan(seconds)
    with np.errstate(over="ignore"):
        since = ((seconds - origin) / _DAY_S).astype(np.float32)
    days = np.where(absent, 0.0, np.floor(seconds / _DAY_S))
    days = np.minimum(np.maximum(days, _FIRST_DAY), _LAST_DAY)
    hour = np.where(absent, 0.0, np.floor((seconds - days * _DAY_S) / 3600.0))
    hour = np.minimum(np.maximum(hour, 0.0), 23.0)
    found = _civil(days.astype(np.int64), np.floor_divide, np.where)
    found["hour"] = hour.astype(np.int64)
    parts = {k: np.where(absent, np.float32(np.nan), v.astype(np.float32)) for k, v in found.items()}
    return {**parts, "days": since}


def _civil(
    days: Integers,
    divide: Callable[[Integers, int], Integers],
    choose: Callable[[Any, Integers, Integers], Integers],
) -> dict[str, Integers]:
    z = days - _FIRST_DAY
    era = divide(z, 146_097)
    doe = z - era * 146_097
    yoe = divide(doe - divide(doe, 1_460) + divide(doe, 36_524) - divide(doe, 146_096), 365)
    doy = doe - (yoe * 365 + divide(yoe, 4) - divide(yoe, 100))
    mp = divide(doy * 5 + 2, 153)
    month = choose(mp < 10, mp + 3, mp - 9)
    january_or_february = choose(month <= 2, z - z + 1, z - z)
    weekday = z + 2
    weekday = weekday - divide(weekday, 7) * 7
    # Days from 1 March, so the year is counted from there too; leap days move it by at most one.
    return {
        "year": yoe + era * 400 + january_or_february,
        "month": month,
        "day": doy - divide(mp * 153 + 2, 5) + 1,
        "weekday": weekday,
        "day_of_year": doy,
    }


@final
class _Value:
    """An int64 value of the graph that understands + - * < <=, so that `_civil` is written once."""

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph, self.name = graph, name

    def _with(self, op: str, other: _Value | int) -> _Value:
        name = other.name if isinstance(other, _Value) else self.graph.constant(other, np.int64)
        return _Value(self.graph, self.graph.add(op, self.name, name))

    def __add__(self, other: _Value | int) -> _Value:
        return self._with("Add", other)

    def __sub__(self, other: _Value | int) -> _Value:
        return self._with("Sub", other)

    def __mul__(self, other: _Value | int) -> _Value:
        return self._with("Mul", other)

    def __lt__(self, other: _Value | int) -> _Value:
        return self._with("Less", other)

    def __le__(self, other: _Value | int) -> _Value:
        return self._with("LessOrEqual", other)

    def divided(self, by: int) -> _Value:
        """Divide; all that is divided here is >= 0, so truncation is floor."""
        return self._with("Div", by)

    def chosen(self, yes: _Value, no: _Value) -> _Value:
        """Take `yes` where this is true, else `no`."""
        return _Value(self.graph, self.graph.add("Where", self.name, yes.name, no.name))


def _lower_parts(graph: Graph, seconds: str, origin: str) -> dict[str, str]:
    def double(value: float) -> str:
        return graph.constant(value, np.float64)

    absent = graph.add("IsNaN", seconds)
    since = graph.add("Div", graph.add("Sub", seconds, origin), double(_DAY_S))
    days = graph.add("Floor", graph.add("Div", seconds, double(_DAY_S)))
    days = graph.add("Where", absent, double(0.0), days)
    days = graph.add("Min", graph.add("Max", days, double(_FIRST_DAY)), double(_LAST_DAY))
    hour = graph.add("Sub", seconds, graph.add("Mul", days, double(_DAY_S)))
    hour = graph.add("Floor", graph.add("Div", hour, double(3600.0)))
    hour = graph.add("Where", absent, double(0.0), hour)
    hour = graph.add("Min", graph.add("Max", hour, double(0.0)), double(23.0))
    whole = _Value(graph, graph.add("Cast", days, to=np.dtype(np.int64)))
    found = _civil(whole, _Value.divided, _Value.chosen)  # type: ignore[arg-type]
    names = {part: value.name for part, value in found.items()}  # type: ignore[attr-defined]
    names["hour"] = graph.add("Cast", hour, to=np.dtype(np.int64))
    single = np.dtype(np.float32)
    nan = graph.constant(np.nan)
    parts = {k: graph.add("Where", absent, nan, graph.add("Cast", v, to=single)) for k, v in names.items()}
    return {**parts, "days": graph.add("Cast", since, to=single)}
