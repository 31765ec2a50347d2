"""How far a number is from the mean of its group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.combination import Candidate, Combination, FittedCombination, Ingredients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.graph import Graph

_SMOOTHING_ROWS = 5.0
_LARGEST_KEY = 5_000


@final
@dataclass(frozen=True)
class _Deviation(FittedCombination):
    """`means` holds the groups of all candidates one after the other; those of one begin at its start."""

    keys: Array
    columns: Array
    starts: Array
    means: Singles

    @property
    def made_of(self) -> list[Candidate]:
        pairs = zip(self.columns.tolist(), self.keys.tolist(), strict=True)
        return [Candidate(numbers=(column,), keys=(key,)) for column, key in pairs]

    def transform(self, rows: Ingredients) -> Singles:
        groups = rows.keys[:, self.keys] + self.starts
        return _difference(rows.dense[:, self.columns], self.means[groups])

    def lower(self, graph: Graph, dense: str, keys: str) -> str:
        chosen = graph.add("Gather", keys, graph.constant(self.keys, np.int64), axis=1)
        groups = graph.add("Add", chosen, graph.constant(self.starts[None, :], np.int64))
        means = graph.add("Gather", graph.constant(self.means), groups, axis=0)
        values = graph.add("Gather", dense, graph.constant(self.columns, np.int64), axis=1)
        found = graph.add("Sub", values, means)
        return graph.add("Where", graph.add("IsInf", found), graph.constant(np.nan), found)


@final
class Deviation(Combination):
    """A price is high for its brand, a stay long for its season: the group gives the measure."""

    def propose(self, dense: Sequence[int], keys: Sequence[int], sizes: Sequence[int]) -> list[Candidate]:
        """Return every feature with every key that is not too fine."""
        wide = [key for key in keys if sizes[key] <= _LARGEST_KEY]
        return [Candidate(numbers=(column,), keys=(key,)) for key in wide for column in dense]

    def sketch(self, candidate: Candidate, rows: Ingredients) -> Singles | Integers:
        """Return the deviation."""
        (key,), (column,) = candidate.keys, candidate.numbers
        groups, values = rows.keys[:, key], rows.dense[:, column]
        return _difference(values, _means(groups, values, rows.sizes[key])[groups])

    def fit(
        self, candidates: list[Candidate], rows: Ingredients, target: Floats, n_classes: int
    ) -> FittedCombination:
        """Learn the means of the groups; a group without rows gets the mean of all."""
        del target, n_classes
        keys = np.array([one.keys[0] for one in candidates], dtype=np.int64)
        columns = np.array([one.numbers[0] for one in candidates], dtype=np.int64)
        means = [
            _means(rows.keys[:, key], rows.dense[:, column], rows.sizes[key])
            for key, column in zip(keys, columns, strict=True)
        ]
        starts = np.cumsum([0, *(len(part) for part in means[:-1])])
        return _Deviation(keys, columns, starts, np.concatenate(means))


def _means(groups: Array, values: Singles, n_groups: int) -> Singles:
    known = ~np.isnan(values)
    if not known.any():
        return np.zeros(n_groups, np.float32)
    doubles = values[known].astype(np.float64)
    sums = np.bincount(groups[known], weights=doubles, minlength=n_groups)
    counts = np.bincount(groups[known], minlength=n_groups)
    with np.errstate(over="ignore"):
        means = (sums + _SMOOTHING_ROWS * doubles.mean()) / (counts + _SMOOTHING_ROWS)
        return np.asarray(means, dtype=np.float32)


def _difference(values: Singles, means: Singles) -> Singles:
    with np.errstate(all="ignore"):
        found = values - means
    found[np.isinf(found)] = np.nan
    return found
