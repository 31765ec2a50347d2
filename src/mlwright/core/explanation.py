"""Explanation: how much each column moved an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats

_MOST_SHOWN = 5


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Answers as sums: what the model says of a row that it knows nothing of, and what each column adds.

    `columns` are the raw columns; `base`, shape (n_answers,), is the answer when none of them is known.
    `amounts`, shape (n_rows, n_answers, n_columns), are in units of the answer: probabilities, or the
    value. `answers` has shape (n_rows, n_answers); each is the base plus the amounts of its row.
    """

    columns: tuple[str, ...]
    base: Floats
    amounts: Floats
    answers: Floats

    def __str__(self) -> str:
        """Write for each row and answer its value, and the five columns that moved it most."""
        lines = []
        for row, (answers, amounts) in enumerate(zip(self.answers, self.amounts, strict=True)):
            for number, (answer, moved) in enumerate(zip(answers, amounts, strict=True)):
                order = np.argsort(-np.abs(moved), kind="stable")[:_MOST_SHOWN]
                named = ", ".join(f"{self.columns[at]} {moved[at]:+.4g}" for at in order)
                lines.append(
                    f"row {row}, answer {number}: {answer:.4g} = {self.base[number]:.4g} and {named}, …"
                )
        return "\n".join(lines)
