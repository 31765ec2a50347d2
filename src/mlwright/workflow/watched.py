"""Columns by which the user wants the test to be divided, whether the model reads them or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.errors import MissingColumnError, UsageError
from mlwright.core.schema import Role
from mlwright.data.parse import parse_column

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns
    from mlwright.core.schema import Schema
    from mlwright.data.raw import Raw
    from mlwright.workflow.options import TrainOptions


def watched_cells(raw: Raw, schema: Schema, rows: Array, options: TrainOptions) -> Columns:
    """Return the typed cells of columns that are to be seen, each of shape (n_rows,).

    Of features too: one that turns out to leak is no feature any more, but is still to be seen.

    Raises
    ------
    MissingColumnError
        One of them is not there.
    UsageError
        One of them is the target.
    """
    found = {}
    for option, names in (("slice", options.slice), ("sensitive", options.sensitive)):
        for name in names:
            if name not in schema or name not in raw.columns:
                raise MissingColumnError.among([name], raw.names, raw.source)
            if schema[name].role is Role.TARGET:
                message = f"{name!r} is the target; --{option} names a column that divides the rows."
                raise UsageError(message)
            found[name] = parse_column(schema[name], raw.columns[name])[rows]
    return found
