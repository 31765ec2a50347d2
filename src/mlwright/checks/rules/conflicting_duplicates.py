"""Rows that are alike in everything but the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said

if TYPE_CHECKING:
    from mlwright.core.rule import Case

_FEWEST_ROWS, _TELLING_SHARE = 20, 0.02
_MOST_COPIES = 10
"""More equal rows than this are a pattern of the table, not copies of one another."""


@final
class ConflictingDuplicates(Rule):
    """Copies of a row with another answer."""

    title = "copies disagree"
    says = "No model can be right about both of two equal rows; they are a mistake, or a column is missing."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return the table if many copied rows disagree about the class; of values any two may differ."""
        if not case.n_classes:
            return []
        n_keys = int(case.keys.max(initial=-1)) + 1
        counts = np.bincount(case.keys, minlength=n_keys)
        truth = case.keyed_target.astype(np.int64)
        pairs, n_pairs = np.unique(case.keys * case.n_classes + truth, return_counts=True)
        most = np.zeros(n_keys, dtype=np.int64)
        np.maximum.at(most, pairs // case.n_classes, n_pairs)
        is_in_conflict = (counts > most) & (counts <= _MOST_COPIES)
        n_rows, n_wrong = int(counts[is_in_conflict].sum()), int((counts - most)[is_in_conflict].sum())
        if n_rows < max(_FEWEST_ROWS, _TELLING_SHARE * len(truth)):
            return []
        return [
            Suspect(
                column="",
                strength=Strength.FAIR,
                message=said(
                    "{n:,} of the {all:,} rows to learn from have a copy with another answer; on at least "
                    "{wrong:,} of them any model is wrong. Copies stay on one side.",
                    n=n_rows,
                    all=len(truth),
                    wrong=n_wrong,
                ),
                evidence={"n_rows": n_rows, "n_wrong_at_least": n_wrong},
            )
        ]
