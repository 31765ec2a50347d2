"""The place of a row in the file tells the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.order import rank_correlation, told_by_neighbors
from mlwright.checks.single import halves, measure, sure
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.schema import Kind
from mlwright.core.seeds import stream

if TYPE_CHECKING:
    from mlwright.core.rule import Case, Single

_FEWEST_ROWS, _FEWEST_VALUES = 100, 50
_TELLING = {True: 0.75, False: 0.5}
"""By whether the target holds classes: ROC AUC, or R²."""
_SAME_ORDER = 0.99


@final
class RowOrder(Rule):
    """Rows that were sorted, or written down, by the answer, and columns that count them."""

    title = "follows the order of the rows, which tells the target"
    says = "The order of the rows in the file is no property of a row; new rows come in another order."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return the table if neighbors in the file have like targets, and the numbers that count rows."""
        if case.n_rows < _FEWEST_ROWS or case.sequel.is_time:
            return []
        is_first = halves(case.n_rows, case.groups, stream(case.seed, "row order"))
        told = told_by_neighbors(case.positions, case.target, case.n_classes, is_first)
        if measure(case.target, told, case.n_classes) < _TELLING[case.n_classes > 0]:
            return []
        evidence = {"from_neighbors": sure(case, told).to_json()}
        whole = Suspect(
            column="",
            strength=Strength.FAIR,
            message=said(
                "Neighbors in the file have like answers: the rows were sorted by the target, or stand in an "
                "order of time or of groups that was not named."
            ),
            evidence=evidence,
        )
        message = said("It counts the rows in the order of the file, and that order tells the target.")
        return [whole] + [
            Suspect(column=name, strength=Strength.STRONG, message=message, evidence=evidence)
            for name, single in case.singles.items()
            if _counts_rows(single, case)
        ]


def _counts_rows(single: Single, case: Case) -> bool:
    numbers = single.numbers
    if numbers is None or single.kind is not Kind.NUMBER or np.isnan(numbers).any():
        return False
    if len(np.unique(numbers)) < _FEWEST_VALUES:
        return False
    return abs(rank_correlation(numbers, case.positions.astype(np.float64))) >= _SAME_ORDER
