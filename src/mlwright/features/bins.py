"""Bins: numbers as groups, so that they can meet categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Codes, Singles
    from mlwright.core.graph import Graph

_MOST_VALUES = 40


@final
@dataclass(frozen=True)
class Bins:
    """`edges`, shape (n_columns, n_edges), begin with minus infinity and are filled up with infinity.

    The bin of a number is the count of edges below it; a missing one is in bin 0.
    """

    columns: Array
    edges: Singles

    @property
    def sizes(self) -> tuple[int, ...]:
        """Groups per column."""
        return tuple(int(n) + 1 for n in (self.edges < np.inf).sum(axis=1))

    @classmethod
    def fit(cls, dense: Singles) -> Bins:
        """Bin the columns with few distinct values, each value by itself."""
        columns, edges = [], []
        for column in range(dense.shape[1]):
            values = dense[:, column]
            known = np.unique(values[~np.isnan(values)])
            if 2 <= len(known) <= _MOST_VALUES:
                with np.errstate(over="ignore"):
                    middles = known[:-1] + (known[1:] - known[:-1]) / np.float32(2)
                columns.append(column)
                edges.append(np.concatenate([[-np.inf], middles]))
        widest = max((len(one) for one in edges), default=1)
        table = np.full((len(edges), widest), np.inf, np.float32)
        for number, one in enumerate(edges):
            table[number, : len(one)] = one
        return cls(np.array(columns, dtype=np.int64), table)

    def take(self, chosen: Sequence[int]) -> Bins:
        """Keep some columns."""
        kept = self.edges[list(chosen)]
        return Bins(self.columns[list(chosen)], kept[:, (kept < np.inf).any(axis=0)] if len(kept) else kept)

    def transform(self, dense: Singles) -> Codes:
        """Return the bin of each number, shape (n_rows, n_columns)."""
        found = np.empty((len(dense), len(self.columns)), np.int32)
        for number, column in enumerate(self.columns):
            at = np.searchsorted(self.edges[number], dense[:, column], side="left")
            found[:, number] = np.where(np.isnan(dense[:, column]), 0, at)
        return found

    def lower(self, graph: Graph, dense: str) -> str:
        """Write the same count into the program."""
        values = graph.add("Gather", dense, graph.constant(self.columns, np.int64), axis=1)
        wide = graph.add("Reshape", values, graph.constant([-1, len(self.columns), 1], np.int64))
        above = graph.add("Less", graph.constant(self.edges[None, :, :]), wide)
        counted = graph.add("Cast", above, to=np.dtype(np.int64))
        return graph.add("ReduceSum", counted, graph.constant([2], np.int64), keepdims=0)
