"""Categories as codes: 0 is missing, 1 is rare or never seen, then the levels by frequency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.graph import ML
from mlwright.core.schema import Kind
from mlwright.core.step import Block, FittedStep, Layout, Lowered, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Columns
    from mlwright.core.dataset import Dataset
    from mlwright.core.graph import Graph

_MISSING, _OTHER, _FIRST_LEVEL = 0, 1, 2
_MIN_ROWS = 2
"""A level seen once teaches nothing that could be checked; it shares a code with levels never seen."""


@final
@dataclass(frozen=True)
class _Categories(FittedStep):
    reads: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]

    @property
    def layout(self) -> Layout:
        sizes = tuple(len(levels) + _FIRST_LEVEL for levels in self.levels)
        return Layout(reads=self.reads, codes=self.reads, code_sizes=sizes)

    def transform(self, columns: Columns) -> Block:
        found = [_codes(columns[name], levels) for name, levels in zip(self.reads, self.levels, strict=True)]
        return Block(codes=np.column_stack(found))

    def lower(self, graph: Graph, inputs: Mapping[str, str]) -> Lowered:
        found = []
        for name, levels in zip(self.reads, self.levels, strict=True):
            found.append(
                graph.add(
                    "LabelEncoder",
                    inputs[name],
                    domain=ML,
                    keys_strings=["", *levels],
                    values_int64s=[_MISSING, *range(_FIRST_LEVEL, len(levels) + _FIRST_LEVEL)],
                    default_int64=_OTHER,
                )
            )
        return Lowered(codes=graph.add("Concat", *found, axis=1))


@final
class Category(Step):
    """Categories and short strings as codes."""

    def fit(self, dataset: Dataset, seed: int) -> FittedStep | None:
        """List the levels of each column, the most frequent first."""
        del seed
        names, levels = [], []
        for column in dataset.schema.features:
            if column.kind not in (Kind.CATEGORY, Kind.STRING):
                continue
            counts = Counter(dataset.columns[column.name].tolist())
            absent = counts.pop("", 0)
            kept = [level for level, n in counts.items() if n >= _MIN_ROWS]
            kept.sort(key=lambda level: (-counts[level], level))
            if kept or absent:
                names.append(column.name)
                levels.append(tuple(kept))
        return _Categories(tuple(names), tuple(levels)) if names else None


def _codes(values: Array, levels: tuple[str, ...]) -> Array:
    known = {level: code for code, level in enumerate(levels, _FIRST_LEVEL)}
    known[""] = _MISSING
    return np.array([known.get(value, _OTHER) for value in values.tolist()], dtype=np.int32)
