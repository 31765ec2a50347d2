"""Recipe: all steps fitted on the same rows, in one order; the features before any look at the target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.schema import NUMERIC
from mlwright.core.shelves import STEPS
from mlwright.core.step import Block, FittedStep, Hasty, Lowered

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.arrays import Columns
    from mlwright.core.dataset import Dataset
    from mlwright.core.graph import Graph
    from mlwright.core.schema import Column
    from mlwright.core.step import Layout

_DIGITS = 4
"""Of themes, which lie between -1 and 1: fewer than rounding tells apart, more than trees can use."""


@final
@dataclass(frozen=True)
class Recipe:
    """Fitted steps. Their blocks stand side by side in the order of the steps; `names` are their ids."""

    steps: tuple[FittedStep, ...]
    columns: tuple[Column, ...]
    names: tuple[str, ...]

    @classmethod
    def fit(cls, dataset: Dataset, seed: int, *, in_haste: bool = False) -> Recipe:
        """Fit every step of the shelf; those with nothing to do are left out.

        In haste, steps do with less that can.

        Raises
        ------
        DataError
            If none has anything to do.
        """
        shelf = {name: STEPS.get(name) for name in STEPS.names()}
        fitted = {
            name: (step.in_haste() if in_haste and isinstance(step, Hasty) else step).fit(dataset, seed)
            for name, step in shelf.items()
        }
        found = {name: step for name, step in fitted.items() if step is not None}
        steps = tuple(found.values())
        if not steps:
            shown = ", ".join(repr(column.name) for column in dataset.schema.features[:5])
            raise DataError(
                f"Nothing in the {dataset.n_rows} rows to learn from repeats, so no column ({shown}) tells "
                "anything about rows to come. Bring more rows."
            )
        used = {name for step in steps for name in step.layout.reads}
        columns = tuple(column for column in dataset.schema.features if column.name in used)
        return cls(steps, columns, tuple(found))

    @property
    def reads(self) -> tuple[str, ...]:
        """Raw columns that are needed, in the order of the table."""
        return tuple(column.name for column in self.columns)

    @property
    def dense_names(self) -> tuple[str, ...]:
        """Names of the dense features."""
        return tuple(name for step in self.steps for name in step.layout.dense)

    @property
    def trend(self) -> tuple[int, ...]:
        """Which dense features grow with the time of the rows, by number."""
        return self._numbers(lambda layout: layout.trend)

    @property
    def levels(self) -> tuple[int, ...]:
        """Which dense features tell what the target was before, by number."""
        return self._numbers(lambda layout: layout.levels)

    @property
    def rounded(self) -> tuple[int, ...]:
        """Which dense features the program may round otherwise in the last digits, by number."""
        return self._numbers(lambda layout: layout.rounded)

    def _numbers(self, chosen: Callable[[Layout], tuple[str, ...]]) -> tuple[int, ...]:
        # Step by step: a column of the table may be called as a feature that another step makes.
        are_chosen = []
        for step in self.steps:
            layout = step.layout
            names = set(chosen(layout))
            are_chosen += [name in names for name in layout.dense]
        return tuple(np.flatnonzero(are_chosen).tolist())

    @property
    def code_names(self) -> tuple[str, ...]:
        """Names of the code columns."""
        return tuple(name for step in self.steps for name in step.layout.codes)

    @property
    def code_sizes(self) -> tuple[int, ...]:
        """How many codes each code column has."""
        return tuple(size for step in self.steps for size in step.layout.code_sizes)

    @property
    def owners(self) -> tuple[tuple[str, ...], ...]:
        """Raw columns that each dense feature is made of; codes have the name of theirs."""
        return tuple(names for step in self.steps for names in step.layout.owners)

    @property
    def term_owners(self) -> tuple[tuple[str, ...], ...]:
        """Raw columns that each word weight is made of."""
        return tuple(names for step in self.steps for names in step.layout.term_owners)

    @property
    def n_terms(self) -> int:
        """Number of word weights."""
        return sum(step.layout.n_terms for step in self.steps)

    def transform(self, columns: Columns, n_rows: int) -> Block:
        """Make features: dense always, codes and terms where there are any."""
        blocks = [step.transform(columns) for step in self.steps]
        dense = [block.dense for block in blocks if block.dense is not None]
        codes = [block.codes for block in blocks if block.codes is not None]
        terms = [block.terms for block in blocks if block.terms is not None]
        return Block(
            dense=np.hstack(dense) if dense else np.empty((n_rows, 0), np.float32),
            codes=np.hstack(codes) if codes else np.empty((n_rows, 0), np.int32),
            terms=_beside(terms),
        )

    def settled(self, block: Block) -> Block:
        """Round features whose last digits the program may round otherwise, for those who learn from them.

        No split of a tree then lies between values that differ by rounding alone, such as 0 and 1e-9.
        """
        if block.dense is None or not self.rounded:
            return block
        dense, columns = block.dense.copy(), list(self.rounded)
        dense[:, columns] = np.round(dense[:, columns], _DIGITS)
        return replace(block, dense=dense)

    def lower(self, graph: Graph) -> Lowered:
        """Declare the raw columns as inputs and write the steps into the program."""
        inputs = {c.name: graph.input(c.name, is_text=c.kind not in NUMERIC) for c in self.columns}
        parts = [step.lower(graph, inputs) for step in self.steps]
        return Lowered(
            dense=_concat(graph, [part.dense for part in parts if part.dense]),
            codes=_concat(graph, [part.codes for part in parts if part.codes]),
            terms=_concat(graph, [part.terms for part in parts if part.terms]),
        )


def _concat(graph: Graph, parts: list[str]) -> str:
    if len(parts) < 2:
        return parts[0] if parts else ""
    return graph.add("Concat", *parts, axis=1)


def _beside(terms: list[Any]) -> Any:
    if len(terms) < 2:
        return terms[0] if terms else None
    from scipy.sparse import hstack  # noqa: PLC0415 - heavy, training only

    return hstack(terms, format="csr")
