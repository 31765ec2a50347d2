"""Numbers and booleans, in single precision, missing values kept as such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.schema import Kind, Role
from mlwright.core.step import Block, FittedStep, Layout, Lowered, Step, as_singles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Columns
    from mlwright.core.dataset import Dataset
    from mlwright.core.graph import Graph


@final
@dataclass(frozen=True)
class _Numbers(FittedStep):
    reads: tuple[str, ...]
    shifts: tuple[float, ...]

    @property
    def layout(self) -> Layout:
        return Layout(reads=self.reads, dense=self.reads, owners=tuple((name,) for name in self.reads))

    def transform(self, columns: Columns) -> Block:
        table = np.column_stack([columns[name] for name in self.reads])
        return Block(dense=as_singles(table - np.array(self.shifts)))

    def lower(self, graph: Graph, inputs: Mapping[str, str]) -> Lowered:
        table = graph.add("Concat", *(inputs[name] for name in self.reads), axis=1)
        if any(self.shifts):
            table = graph.add("Sub", table, graph.constant([self.shifts], np.float64))
        return Lowered(dense=graph.add("Cast", table, to=np.dtype(np.float32)))


@final
class Number(Step):
    """Numbers as they are. Large ones are shifted first, so that single precision tells them apart."""

    def fit(self, dataset: Dataset, seed: int) -> FittedStep | None:
        """Choose a shift for each column that needs one."""
        del seed
        names = [
            column.name
            for column in dataset.schema.features
            if column.kind in (Kind.NUMBER, Kind.BOOLEAN) and column.role is not Role.HISTORY
        ]
        if not names:
            return None
        return _Numbers(tuple(names), tuple(_shift(dataset.columns[name]) for name in names))


def _shift(values: Array) -> float:
    known = np.unique(values[~np.isnan(values)])
    if not len(known) or len(np.unique(as_singles(known))) == len(known):
        return 0.0
    return float(np.round(known[len(known) // 2]))
