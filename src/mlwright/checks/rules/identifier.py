"""A number that names the row tells the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.order import is_even, told_by_neighbors
from mlwright.checks.single import halves, measure, sure
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.schema import Kind
from mlwright.core.seeds import stream
from mlwright.data.kinds import is_id_name

if TYPE_CHECKING:
    from mlwright.core.rule import Case, Single

_FEWEST_ROWS = 100
_UNIQUE_SHARE, _NAMED_SHARE = 0.98, 0.5
_TELLING = {True: 0.75, False: 0.5}
"""By whether the target holds classes: ROC AUC, or R²."""


@final
class Identifier(Rule):
    """An identifier of which neighbors have like targets."""

    title = "is an identifier that tells the target"
    says = (
        "A number that was given out to a row says nothing about it, unless it was given out by the answer."
    )

    def suspects(self, case: Case) -> list[Suspect]:
        """Return whole numbers that name rows and tell the target from the nearest other numbers."""
        is_first = halves(case.n_rows, case.groups, stream(case.seed, "identifier"))
        found = []
        for name, single in case.singles.items():
            if single.numbers is None or not _names_rows(single, case.n_rows):
                continue
            told = told_by_neighbors(single.numbers, case.target, case.n_classes, is_first)
            if measure(case.target, told, case.n_classes) < _TELLING[case.n_classes > 0]:
                continue
            evidence = {"from_neighbors": sure(case, told).to_json()}
            message = said("It names the row, yet rows with close numbers have the same answer.")
            found.append(Suspect(column=name, strength=Strength.STRONG, message=message, evidence=evidence))
        return found


def _names_rows(single: Single, n_rows: int) -> bool:
    numbers = single.numbers
    if numbers is None or single.kind is not Kind.NUMBER or n_rows < _FEWEST_ROWS:
        return False
    if np.isnan(numbers).any() or (numbers != np.floor(numbers)).any():
        return False
    share = len(np.unique(numbers)) / n_rows
    if is_id_name(single.name):
        return share >= _NAMED_SHARE
    return share >= _UNIQUE_SHARE and is_even(numbers)
