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
    """`kinds`, `left` and `right`, each of shape (n_candidates,): what is done to which two features."""

    kinds: Array
    left: Array
    right: Array

    @property
    def made_of(self) -> list[Candidate]:
        return [
            Candidate(numbers=(int(left), int(right)), operation=int(kind))
            for kind, left, right in zip(self.kinds, self.left, self.right, strict=True)
        ]

    def transform(self, rows: Ingredients) -> Singles:
        found = np.empty((len(rows.dense), len(self.kinds)), np.float32)
        for kind in np.unique(self.kinds).tolist():
            those = self.kinds == kind
            found[:, those] = _compute(
                kind, rows.dense[:, self.left[those]], rows.dense[:, self.right[those]]
            )
        return found

    def lower(self, graph: Graph, dense: str, keys: str) -> str:
        """Do everything to every two features and choose: a node of a single row costs more than a sum."""
        del keys
        one, other = (
            graph.add("Gather", dense, graph.constant(side, np.int64), axis=1)
            for side in (self.left, self.right)
        )
        used, place = np.unique(self.kinds, return_inverse=True)
        found = [graph.add(_OPERATIONS[kind], one, other) for kind in used.tolist()]
        joined = found[0]
        if len(found) > 1:
            chosen = graph.constant(place * len(place) + np.arange(len(place)), np.int64)
            joined = graph.add("Gather", graph.add("Concat", *found, axis=1), chosen, axis=1)
        return graph.add("Where", graph.add("IsInf", joined), graph.constant(np.nan), joined)


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
        return _Arithmetic(*table.T)


def _compute(kind: int, one: Singles, other: Singles) -> Singles:
    with np.errstate(all="ignore"):
        found = _FUNCTIONS[kind](one, other)
    found[np.isinf(found)] = np.nan
    return np.asarray(found, dtype=np.float32)
