"""Dataset: typed rows with their roles, immutable."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Columns, Floats, Integers
    from mlwright.core.history import Memory
    from mlwright.core.schema import Schema

_STRETCHES, _FEWEST_IN_STRETCH = 30, 5


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows as typed columns, and what else is known about each row.

    `columns` holds the feature columns (see `core.arrays.Columns`). `target` has shape (n_rows,):
    class numbers 0 … n_classes-1 or values, as float64; None when unknown. `groups` (integers) and
    `times` (epoch seconds) steer the split; `weights` are >= 0. `today` are the class numbers that were
    decided so far, shape (n_rows,). `watched` are typed columns, features or not, by which the
    user wants the test to be divided. `memories` hold what is known of each entity after the last row.
    """

    schema: Schema
    columns: Columns
    n_rows: int
    target: Floats | None = None
    groups: Array | None = None
    times: Floats | None = None
    weights: Floats | None = None
    today: Integers | None = None
    ids: Columns = field(default_factory=dict)
    watched: Columns = field(default_factory=dict)
    memories: tuple[Memory, ...] = ()

    @property
    def alike(self) -> Array | None:
        """Return a number per row, equal where rows err alike: groups, else stretches of time; or None.

        Errors of neighboring hours are one piece of evidence, not many. So rows with times are judged
        in thirty stretches of about as many rows, those of one moment together.
        """
        if self.groups is not None or self.times is None:
            return self.groups
        moments, at = np.unique(self.times, return_inverse=True)
        before = np.cumsum(np.bincount(at, minlength=len(moments))) - 1
        n_stretches = max(2, min(_STRETCHES, self.n_rows // _FEWEST_IN_STRETCH))
        return np.asarray(before[at] * n_stretches // max(1, self.n_rows))

    def take(self, rows: Array) -> Dataset:
        """Return the chosen rows (indices, in that order)."""
        return replace(
            self,
            columns={name: values[rows] for name, values in self.columns.items()},
            n_rows=len(rows),
            target=None if self.target is None else self.target[rows],
            groups=None if self.groups is None else self.groups[rows],
            times=None if self.times is None else self.times[rows],
            weights=None if self.weights is None else self.weights[rows],
            today=None if self.today is None else self.today[rows],
            ids={name: values[rows] for name, values in self.ids.items()},
            watched={name: values[rows] for name, values in self.watched.items()},
        )


@final
@dataclass(frozen=True, slots=True)
class Typed:
    """Typed columns alone: rows for a model that need not be read again."""

    columns: Columns


@final
@dataclass(frozen=True, slots=True)
class Lines:
    """Few typed rows, line by line, the cells in the order of the columns that a model reads.

    Numbers are floats, NaN if missing; texts are "" if missing.
    """

    cells: Sequence[Sequence[float | str]]
