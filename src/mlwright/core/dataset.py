"""Dataset: typed rows with their roles, immutable."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.schema import Schema


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows as typed columns, and what else is known about each row.

    `columns` holds the feature columns (see `core.arrays.Columns`). `target` has shape (n_rows,):
    class numbers 0 … n_classes-1 or values, as float64; None when unknown. `groups` (integers) and
    `times` (epoch seconds) steer the split; `weights` are >= 0.
    """

    schema: Schema
    columns: Columns
    n_rows: int
    target: Floats | None = None
    groups: Array | None = None
    times: Floats | None = None
    weights: Floats | None = None
    ids: Columns = field(default_factory=dict)

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
            ids={name: values[rows] for name, values in self.ids.items()},
        )
