"""Combination: a way to make one feature out of several, one file each in `features/combinations/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Codes, Floats, Integers, Singles
    from mlwright.core.graph import Graph


@final
@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """What is combined: some dense features and some keys, by number, by one of the operations."""

    numbers: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    operation: int = 0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """What combinations are made of.

    `dense`: features, shape (n_rows, n_dense), NaN is missing. `keys`: the group a row belongs to, shape
    (n_rows, n_keys): codes of categories, then bins of numbers; 0 is missing. `sizes`: groups per key.
    """

    dense: Singles
    keys: Codes
    sizes: tuple[int, ...]

    def take(self, rows: Array) -> Ingredients:
        """Return the chosen rows."""
        return Ingredients(dense=self.dense[rows], keys=self.keys[rows], sizes=self.sizes)


class FittedCombination(ABC):
    """Some candidates of one kind, fitted: plain data."""

    @property
    @abstractmethod
    def made_of(self) -> list[Candidate]:
        """Say of which dense features and keys each feature is made, in the order of `transform`."""

    @abstractmethod
    def transform(self, rows: Ingredients) -> Singles:
        """Return the features, shape (n_rows, n_features)."""

    @abstractmethod
    def lower(self, graph: Graph, dense: str, keys: str) -> str:
        """Write the same into the program, all candidates at once, and return the name."""


class Combination(ABC):
    """Proposes candidates; those that explain most of what single features leave open are fitted."""

    uses_target: bool = False
    """Whether training rows must be computed out of fold. Then a candidate gives a feature per class if
    there are more than two, and it is left alone above twelve; else one feature."""

    @abstractmethod
    def propose(self, dense: Sequence[int], keys: Sequence[int], sizes: Sequence[int]) -> list[Candidate]:
        """Return candidates, given the features and keys that tell most, best first.

        `sizes` holds the number of groups of every key, not only of the chosen.
        """

    @abstractmethod
    def sketch(self, candidate: Candidate, rows: Ingredients) -> Singles | Integers:
        """Return what the candidate sees, shape (n_rows,): numbers, or groups as integers."""

    @abstractmethod
    def fit(
        self, candidates: list[Candidate], rows: Ingredients, target: Floats, n_classes: int
    ) -> FittedCombination:
        """Fit candidates together; their features stand in the order given."""
