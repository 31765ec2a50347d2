"""Sums, differences, products and ratios of two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.combination import Candidate, Combination, FittedCombination, Ingredients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.graph import Graph

_OPERATIONS = ("Add", "Sub", "Mul", "Div")
_FUNCTIONS = (np.add, np.subtract, np.multiply, np.divide)
_DIVIDE = 3


@final
@dataclass(frozen=True)
class _Arithmetic(FittedCombination):
    """`order` puts the results, computed operation by operation, back into the order of the candidates."""

    parts: tuple[tuple[int, Array, Array], ...]
    order: Array

    @property
    def made_of(self) -> list[Candidate]:
        found = [
            Candidate(numbers=(int(left), int(right)), operation=kind)
            for kind, *sides in self.parts
            for left, right in zip(*sides, strict=True)
        ]
        return [found[place] for place in self.order]

    def transform(self, rows: Ingredients) -> Singles:
        found = [
            _compute(kind, rows.dense[:, left], rows.dense[:, right]) for kind, left, right in self.parts
        ]
        return np.hstack(found)[:, self.order]

    def lower(self, graph: Graph, dense: str, keys: str) -> str:
        del keys
        found = []
        for kind, left, right in self.parts:
            one = graph.add("Gather", dense, graph.constant(left, np.int64), axis=1)
            other = graph.add("Gather", dense, graph.constant(right, np.int64), axis=1)
            found.append(graph.add(_OPERATIONS[kind], one, other))
        joined = graph.add("Concat", *found, axis=1) if len(found) > 1 else found[0]
        known = graph.add("Where", graph.add("IsInf", joined), graph.constant(np.nan), joined)
        return graph.add("Gather", known, graph.constant(self.order, np.int64), axis=1)


@final
class Arithmetic(Combination):
    """Trees approximate ratios and differences with many steps; given as features they take one."""

    def propose(self, dense: Sequence[int], keys: Sequence[int], sizes: Sequence[int]) -> list[Candidate]:
        """Return every operation on every pair; a ratio both ways round."""
        del keys, sizes
        found: list[Candidate] = []
        for one, other in combinations(dense, 2):
            found += [Candidate(numbers=(one, other), operation=kind) for kind in range(len(_OPERATIONS))]
            found.append(Candidate(numbers=(other, one), operation=_DIVIDE))
        return found

    def sketch(self, candidate: Candidate, rows: Ingredients) -> Singles | Integers:
        """Return the result."""
        left, right = candidate.numbers
        return _compute(candidate.operation, rows.dense[:, left], rows.dense[:, right])

    def fit(
        self, candidates: list[Candidate], rows: Ingredients, target: Floats, n_classes: int
    ) -> FittedCombination:
        """Nothing is learned."""
        del rows, target, n_classes
        table = np.array([(one.operation, *one.numbers) for one in candidates], dtype=np.int64)
        by_kind = np.argsort(table[:, 0], kind="stable")
        parts = []
        for kind in range(len(_OPERATIONS)):
            chosen = table[table[:, 0] == kind]
            if len(chosen):
                parts.append((kind, chosen[:, 1], chosen[:, 2]))
        return _Arithmetic(tuple(parts), np.argsort(by_kind, kind="stable"))


def _compute(kind: int, one: Singles, other: Singles) -> Singles:
    with np.errstate(all="ignore"):
        found = _FUNCTIONS[kind](one, other)
    found[np.isinf(found)] = np.nan
    return np.asarray(found, dtype=np.float32)
