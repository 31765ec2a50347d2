"""A column that is made of targets of rows to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.rule import Case, Sequel

_REACH = 3
"""So many rows before and after are looked at."""
_FEWEST_ROWS = 60
_EXACT, _NEAR = 0.005, 0.05
"""Shares of a column's variance that neighboring targets leave open."""
_HEAVY = 0.05


@final
class FutureValue(Rule):
    """The next target, its difference, or a mean around the row: known only later."""

    title = "is made of later targets"
    says = "In the order of time, this column already holds what the target will be afterwards."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return columns that are a weighted sum of neighboring targets, later ones among them.

        What earlier targets alone explain is history, which a model may well use.
        """
        sequel = case.sequel
        window, rows = _window(sequel)
        if len(rows) < _FEWEST_ROWS:
            return []
        spread = window[:, _REACH].std()
        if not spread > 0:
            return []
        table = (window - window[:, _REACH].mean()) / spread
        found = (_judge(name, cells[rows], table) for name, cells in sequel.columns.items())
        return [suspect for suspect in found if suspect is not None]


def _window(sequel: Sequel) -> tuple[Floats, Array]:
    """Return targets around each row, shape (n, 2 reach + 1), where no row between is sealed away."""
    n_rows, wide = len(sequel.target), 2 * _REACH + 1
    if n_rows < wide:
        return np.zeros((0, wide)), np.zeros(0, dtype=np.int64)
    whole = sequel.positions[wide - 1 :] - sequel.positions[: n_rows - wide + 1] == wide - 1
    rows = np.flatnonzero(whole) + _REACH
    around = np.lib.stride_tricks.sliding_window_view(sequel.target, wide)
    return around[rows - _REACH], rows


def _judge(name: str, cells: Floats, table: Floats) -> Suspect | None:
    is_known = ~np.isnan(cells)
    known = cells[is_known]
    if len(known) < _FEWEST_ROWS or not known.std() > 0:
        return None
    value = (known - known.mean()) / known.std()
    past, all_of_it = table[is_known][:, :_REACH], table[is_known]
    whole, weights = _left(all_of_it, value)
    if whole > _NEAR:
        return None
    without_future = _left(past, value)[0]
    if without_future < 4.0 * whole + 1e-9:
        return None
    with_present = _left(all_of_it[:, : _REACH + 1], value)[0]
    later = np.flatnonzero(np.abs(weights[_REACH + 1 :]) > _HEAVY * np.abs(weights).max()) + 1
    if with_present < 4.0 * whole + 1e-9 or not len(later):
        return None  # the target of its own row explains it: another charge
    return Suspect(
        column=name,
        strength=Strength.CERTAIN if whole <= _EXACT else Strength.FAIR,
        message=said("It is made of the targets of later rows, up to {n} row(s) ahead.", n=int(later.max())),
        evidence={"explained_by_neighbors": round(1.0 - whole, 4), "rows_ahead": later.tolist()},
    )


def _left(table: Floats, value: Floats) -> tuple[float, Floats]:
    """Return the share of the variance that least squares leave open, and the weights."""
    with_one = np.column_stack([table, np.ones(len(table))])
    weights = np.linalg.lstsq(with_one, value, rcond=None)[0].astype(np.float64)
    return float(np.mean((value - with_one @ weights) ** 2)), weights[:-1]
