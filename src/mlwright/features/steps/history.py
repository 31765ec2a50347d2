"""What a row was given to know of earlier rows; where nothing was given, what the model remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.graph import ML
from mlwright.core.history import LEVELS
from mlwright.core.step import Block, FittedStep, Layout, Lowered, Step, as_singles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Columns, Integers, Singles
    from mlwright.core.dataset import Dataset
    from mlwright.core.graph import Graph
    from mlwright.core.history import Memory


@final
@dataclass(frozen=True)
class _Histories(FittedStep):
    memories: tuple[Memory, ...]

    @property
    def layout(self) -> Layout:
        told = tuple(name for memory in self.memories for name in memory.columns)
        entities = tuple(memory.entity for memory in self.memories if _tells_apart(memory))
        owners, levels = tuple((n,) for n in told), tuple(n for n in told if n.rsplit(".", 1)[1] in LEVELS)
        return Layout(reads=(*entities, *told), dense=told, owners=owners, levels=levels)

    def transform(self, columns: Columns) -> Block:
        return Block(dense=np.hstack([_filled(memory, columns) for memory in self.memories]))

    def lower(self, graph: Graph, inputs: Mapping[str, str]) -> Lowered:
        parts = [_lower(graph, memory, inputs) for memory in self.memories]
        return Lowered(dense=graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0])


@final
class History(Step):
    """History of entities: given with the row, or remembered from the rows that were learned from."""

    def fit(self, dataset: Dataset, seed: int) -> FittedStep | None:
        """Take over what the dataset remembers, if it has the columns for it."""
        del seed
        there = {"", *dataset.columns}
        known = tuple(one for one in dataset.memories if there.issuperset((one.entity, *one.columns)))
        return _Histories(known) if known else None


def _tells_apart(memory: Memory) -> bool:
    """Whether rows differ in what is remembered: not without entities, nor where no row named one."""
    return bool(memory.entity and memory.levels)


def _filled(memory: Memory, columns: Columns) -> Singles:
    given = as_singles(np.column_stack([columns[name] for name in memory.columns]))
    remembered = memory.values[_places(memory, columns, len(given))]
    return np.where(np.isnan(given[:, :1]), remembered, given)


def _places(memory: Memory, columns: Columns, n_rows: int) -> Integers:
    if not _tells_apart(memory):
        return np.full(n_rows, len(memory.levels))
    places = {level: number for number, level in enumerate(memory.levels, 1)}
    return np.array([places.get(name, 0) for name in columns[memory.entity].tolist()], dtype=np.int64)


def _lower(graph: Graph, memory: Memory, inputs: Mapping[str, str]) -> str:
    cells = graph.add("Concat", *(inputs[name] for name in memory.columns), axis=1)
    given = graph.add("Cast", cells, to=np.dtype(np.float32))
    absent = graph.add("IsNaN", graph.add("Gather", given, graph.constant([0], np.int64), axis=1))
    if not _tells_apart(memory):
        remembered = graph.constant(memory.values[len(memory.levels)][None, :])
        return graph.add("Where", absent, remembered, given)
    places = graph.add(
        "LabelEncoder",
        inputs[memory.entity],
        domain=ML,
        keys_strings=list(memory.levels),
        values_int64s=list(range(1, len(memory.levels) + 1)),
        default_int64=0,
    )
    found = graph.add("Gather", graph.constant(memory.values), places, axis=0)
    shape = graph.constant([-1, len(memory.columns)], np.int64)
    return graph.add("Where", absent, graph.add("Reshape", found, shape), given)
