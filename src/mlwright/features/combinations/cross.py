"""The smoothed mean of the target where two or three categories meet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.combination import Candidate, Combination, FittedCombination, Ingredients
from mlwright.core.graph import ML

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.graph import Graph

_SMOOTHING_ROWS = 10.0
_MOST_GROUPS = 2_000_000
_KEYS_IN_THREES = 7
_WIDEST = 3


@final
@dataclass(frozen=True)
class _Cross(FittedCombination):
    """`keys`, shape (n_candidates, 3), with `radix` of the same shape (0 where only two meet).

    A row's group is the sum of key times radix plus the candidate's `start`; `groups` are the known
    ones, ascending; group i has the means `means[i + 1]`, and all others `means[0]`.
    """

    keys: Array
    radix: Array
    starts: Array
    groups: Array
    means: Singles

    @property
    def made_of(self) -> list[Candidate]:
        found = []
        for keys, radix in zip(self.keys, self.radix, strict=True):
            one = Candidate(keys=tuple(keys[radix > 0].tolist()))
            found += [one] * self.means.shape[1]
        return found

    def transform(self, rows: Ingredients) -> Singles:
        found = self._numbers(rows)
        if not len(self.groups):
            return np.tile(self.means[0], (len(found), len(self.starts)))
        at = np.minimum(np.searchsorted(self.groups, found), len(self.groups) - 1)
        at = np.where(self.groups[at] == found, at + 1, 0)
        return self.means[at].reshape(len(found), -1)

    def _numbers(self, rows: Ingredients) -> Integers:
        total = np.zeros((len(rows.keys), len(self.starts)), np.int64) + self.starts
        for place in range(_WIDEST):
            total += rows.keys[:, self.keys[:, place]].astype(np.int64) * self.radix[:, place]
        return total

    def lower(self, graph: Graph, dense: str, keys: str) -> str:
        del dense
        # All places at once: a node takes a microsecond of a single row, whatever it does.
        chosen = graph.add("Gather", keys, graph.constant(self.keys.ravel(), np.int64), axis=1)
        scaled = graph.add("Mul", chosen, graph.constant(self.radix.reshape(1, -1), np.int64))
        together = graph.add("Reshape", scaled, graph.constant([-1, *self.keys.shape], np.int64))
        total = graph.add("ReduceSum", together, graph.constant([2], np.int64), keepdims=0)
        total = graph.add("Add", total, graph.constant(self.starts[None, :], np.int64))
        at = graph.add(
            "LabelEncoder",
            total,
            domain=ML,
            keys_int64s=self.groups.tolist() or [-1],
            values_int64s=list(range(1, len(self.groups) + 1)) or [0],
            default_int64=0,
        )
        means = graph.add("Gather", graph.constant(self.means), at, axis=0)
        shape = graph.constant([-1, len(self.starts) * self.means.shape[1]], np.int64)
        return graph.add("Reshape", means, shape)


@final
class Cross(Combination):
    """What only shows where categories meet; rare meetings are shrunk towards the mean of all rows.

    Source: Micci-Barreca 2001, eq. 3, on crossed categories; groups of one row are left to the mean.
    """

    uses_target = True

    def propose(self, dense: Sequence[int], keys: Sequence[int], sizes: Sequence[int]) -> list[Candidate]:
        """Return pairs of keys, and triples of the first."""
        del dense
        found = [*combinations(keys, 2), *combinations(keys[:_KEYS_IN_THREES], 3)]
        return [Candidate(keys=one) for one in found if prod(sizes[key] for key in one) <= _MOST_GROUPS]

    def sketch(self, candidate: Candidate, rows: Ingredients) -> Singles | Integers:
        """Return the number of the group."""
        total = np.zeros(len(rows.keys), np.int64)
        for key in candidate.keys:
            total = total * rows.sizes[key] + rows.keys[:, key]
        return total

    def fit(
        self, candidates: list[Candidate], rows: Ingredients, target: Floats, n_classes: int
    ) -> FittedCombination:
        """Learn the means of the groups that hold at least two rows."""
        wanted = [target == number for number in range(n_classes)] if n_classes > 2 else [target]
        columns = np.column_stack(wanted).astype(np.float64)
        prior = columns.mean(axis=0)
        keys = np.zeros((len(candidates), _WIDEST), np.int64)
        radix = np.zeros_like(keys)
        starts = np.zeros(len(candidates), np.int64)
        groups, means, start = [], [], 0
        for number, candidate in enumerate(candidates):
            factor = 1
            for place in range(len(candidate.keys) - 1, -1, -1):
                keys[number, place], radix[number, place] = candidate.keys[place], factor
                factor *= rows.sizes[candidate.keys[place]]
            starts[number] = start
            known, found = _group_means(self.sketch(candidate, rows), columns, prior)
            groups.append(known + start)
            means.append(found)
            start += factor
        table = np.vstack([prior[None, :], *means]).astype(np.float32)
        return _Cross(keys, radix, starts, np.concatenate(groups), table)


def _group_means(numbers: Array, columns: Floats, prior: Floats) -> tuple[Integers, Floats]:
    known, at, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    sums = np.column_stack(
        [np.bincount(at, weights=columns[:, k], minlength=len(known)) for k in range(columns.shape[1])]
    )
    means = (sums + _SMOOTHING_ROWS * prior) / (counts + _SMOOTHING_ROWS)[:, None]
    common = counts > 1
    return known[common].astype(np.int64), means[common]
