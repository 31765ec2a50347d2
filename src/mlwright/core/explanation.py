"""Explanation: how much each column moved an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats


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
