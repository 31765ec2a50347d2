"""Columns that add up, or multiply, to the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.schema import NUMERIC

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.rule import Case

_MOST_ROWS, _FEWEST_ROWS, _MOST_COLUMNS = 4_000, 100, 200
_MOST_PARTS = 6
_EXACT = 1e-5
"""So much of the variance may be left open: rounding, no more."""
_EVEN = 0.02
_FILLED_SHARE = 0.95


@final
class PartsOfTarget(Rule):
    """Parts of the target: their sum, difference, product or ratio is the target."""

    title = "is a part of the target"
    says = "Who knows these columns can work the answer out; they are counted when the answer is."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return the columns of which the target is a sum with equal weights, or a product."""
        values = case.values
        if values is None or case.n_rows < _FEWEST_ROWS:
            return []
        names, table, target = _table(case, values)
        found = _parts(table, target)
        word = said("sum or difference")
        if not found:
            is_positive = np.asarray((table > 0).all(axis=0))
            if len(target) and (target > 0).all() and is_positive.sum() >= 2:
                names = [name for name, keep in zip(names, is_positive.tolist(), strict=True) if keep]
                found = _parts(np.log(table[:, is_positive]), np.log(target))
                word = said("product or ratio")
        columns = [names[column] for column in found]
        shown = ", ".join(map(repr, columns))
        return [
            Suspect(
                column=name,
                strength=Strength.CERTAIN,
                message=said("The {what} of {columns} is the target, exactly.", what=word, columns=shown),
                evidence={"columns": columns},
            )
            for name in columns
        ]


def _table(case: Case, values: Floats) -> tuple[list[str], Floats, Floats]:
    """Return the numeric columns that are filled, on rows where all of them are."""
    names, columns = [], []
    for name, single in case.singles.items():
        numbers = single.numbers
        if single.kind in NUMERIC and numbers is not None and np.mean(~np.isnan(numbers)) >= _FILLED_SHARE:
            names.append(name)
            columns.append(numbers)
    names, columns = names[:_MOST_COLUMNS], columns[:_MOST_COLUMNS]
    if len(columns) < 2:
        return [], np.zeros((0, 0)), np.zeros(0)
    table = np.column_stack(columns)
    rows = np.flatnonzero(~np.isnan(table).any(axis=1))[:_MOST_ROWS]
    return names, table[rows], values[rows]


def _parts(table: Floats, target: Floats) -> list[int]:
    """Return the columns whose sum with weights of one size is the target; none if there are no such."""
    if len(target) < _FEWEST_ROWS or table.shape[1] < 2:
        return []
    spread, center = table.std(axis=0), table.mean(axis=0)
    varied = np.flatnonzero(spread > 1e-12 * np.maximum(1.0, np.abs(center)))
    scale = target.std()
    if len(varied) < 2 or not scale > 0:
        return []
    z = (table[:, varied] - center[varied]) / spread[varied]
    y = (target - target.mean()) / scale
    if _left(z, y)[0] > _EXACT:
        return []
    chosen = _pursue(z, y)
    weights = np.abs(_left(z[:, chosen], y)[1]) / spread[varied[chosen]]
    if not 2 <= len(chosen) <= _MOST_PARTS or weights.min() < (1.0 - _EVEN) * weights.max():
        return []
    return [int(varied[column]) for column in chosen]


def _left(z: Floats, y: Floats) -> tuple[float, Array]:
    """Return the share of the variance that least squares leave open, and the weights."""
    weights = np.linalg.lstsq(z, y, rcond=None)[0]
    return float(np.mean((y - z @ weights) ** 2)), weights


def _pursue(z: Floats, y: Floats) -> list[int]:
    """Take the column nearest to what is left until nothing is, then leave out those not needed.

    Source: Pati, Rezaiifar and Krishnaprasad (1993), Orthogonal matching pursuit, Asilomar.
    """
    chosen: list[int] = []
    rest = y
    while len(chosen) < min(2 * _MOST_PARTS, z.shape[1]) and float(np.mean(rest**2)) > _EXACT:
        near = np.abs(z.T @ rest)
        near[chosen] = -1.0
        chosen.append(int(np.argmax(near)))
        rest = y - z[:, chosen] @ _left(z[:, chosen], y)[1]
    for column in list(chosen):
        others = [other for other in chosen if other != column]
        if others and _left(z[:, others], y)[0] <= _EXACT:
            chosen = others
    return sorted(chosen)
