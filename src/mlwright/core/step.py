"""Step: one kind of feature, one file each in `features/steps/`. Encoding: how categories become numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Codes, Columns, Floats, Singles
    from mlwright.core.dataset import Dataset
    from mlwright.core.graph import Graph


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What a fitted step makes of rows.

    `dense`: features, shape (n_rows, n_dense), NaN is missing. `codes`: categories as numbers,
    shape (n_rows, n_codes), to be encoded inside the folds. `terms`: sparse rows of word weights,
    (n_rows, n_terms). Each may be absent.
    """

    dense: Singles | None = None
    codes: Codes | None = None
    terms: Any = None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a fitted step reads and gives.

    `reads`: raw columns. `dense`, `codes`: the names of the features, in order; a code column has the
    name of the raw column that it codes. `code_sizes`: how many codes each code column has. `owners` and
    `term_owners`: for each of `dense` and for each word weight, the raw columns that it is made of.
    `trend`: those of `dense` that grow with the time of the rows, so that rows to come lie beyond all
    that was seen. `levels`: those of `dense` that tell what the target was before, on its own scale.
    `rounded`: those whose last digits the program may round otherwise, as sums of many products are.
    """

    reads: tuple[str, ...] = ()
    dense: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    code_sizes: tuple[int, ...] = ()
    n_terms: int = 0
    trend: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()
    owners: tuple[tuple[str, ...], ...] = ()
    term_owners: tuple[tuple[str, ...], ...] = ()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """Names of graph values, shaped like the parts of a Block."""

    dense: str = ""
    codes: str = ""
    terms: str = ""


class FittedStep(ABC):
    """A step that knows its training rows: plain data, no library objects."""

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """Say what `transform` gives."""

    @abstractmethod
    def transform(self, columns: Columns) -> Block:
        """Make features of typed columns; a row's features depend on that row alone."""

    @abstractmethod
    def lower(self, graph: Graph, inputs: Mapping[str, str]) -> Lowered:
        """Write the same computation into the program. `inputs` maps columns to values (n_rows, 1)."""


class Step(ABC):
    """Makes one kind of feature from the columns it recognizes, without looking at the target."""

    @abstractmethod
    def fit(self, dataset: Dataset, seed: int) -> FittedStep | None:
        """Learn from the rows; None when there is nothing for it to do."""


class Hasty(Step):
    """A step that can do with less where time is short."""

    @abstractmethod
    def in_haste(self) -> Step:
        """Return the step that does so."""


@final
@dataclass(frozen=True, slots=True)
class Table:
    """Numbers for the codes of one category column, shape (n_codes, n_numbers)."""

    values: Singles

    def transform(self, codes: Array) -> Singles:
        """Look codes up: (n_rows,) to (n_rows, n_numbers)."""
        return self.values[codes]


class Encoding(ABC):
    """Turns codes of a category into numbers; may look at the target, so it is fitted inside folds."""

    @abstractmethod
    def fit(self, codes: Array, n_codes: int, target: Floats, n_classes: int) -> Table | None:
        """Learn the numbers for each code; None when this column is not for this encoding.

        `target`, shape (n_rows,), holds class numbers if `n_classes` > 2 and values otherwise.
        """

    uses_target: bool = False
    """Whether training rows must be encoded out of fold."""
    is_code: bool = False
    """Whether the numbers are the codes themselves, one feature per category."""


def as_singles(values: Array) -> Singles:
    """Round doubles to single precision; what is beyond its range becomes infinite, as in the program."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
