"""Which row is which: the columns that say so, else the number of the row. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.schema import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlwright.artifact.model import Model
    from mlwright.data.raw import Raw

ROW_NUMBER = "row"


def row_ids(model: Model, raw: Raw) -> dict[str, Any]:
    """Return the columns that say which row is which, as they came."""
    names = id_names(model, raw.columns)
    if not names:
        return {ROW_NUMBER: np.arange(1, raw.n_rows + 1)}
    return {name: raw.columns[name] for name in names}


def id_names(model: Model, names: Iterable[str]) -> tuple[str, ...]:
    """Return those columns that say which row is which."""
    known = {c.name: None for c in model.schema if c.role is Role.ID or c.kind is Kind.IDENTIFIER}
    there = set(names)
    return tuple(name for name in known if name in there)
