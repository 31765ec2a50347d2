"""Prediction: what a model says about rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats, Integers


@final
@dataclass(frozen=True, slots=True)
class Prediction:
    """Answers for some rows.

    `scores` has shape (n_rows, n_classes) with probabilities, or (n_rows, 1) with values.
    `labels` has shape (n_rows,): numbers of the chosen classes; None when the answer is a value.
    `difficulty` has shape (n_rows,): how far off such a value usually is, in units of the value; None
    where nothing tells rows apart in this. `decisions` has shape (n_rows,): numbers of the classes that
    cost least to decide; None where nobody said what mistakes cost.
    """

    scores: Floats
    labels: Integers | None = None
    difficulty: Floats | None = None
    decisions: Integers | None = None

    @property
    def values(self) -> Floats:
        """The one value per row, shape (n_rows,)."""
        return self.scores[:, 0]

    def take(self, rows: Array | slice) -> Prediction:
        """Return the chosen rows."""
        return Prediction(
            self.scores[rows],
            None if self.labels is None else self.labels[rows],
            None if self.difficulty is None else self.difficulty[rows],
            None if self.decisions is None else self.decisions[rows],
        )

    @classmethod
    def join(cls, parts: Sequence[Prediction]) -> Prediction:
        """Put the answers of several lots of rows, of one program, under each other."""
        labels = [part.labels for part in parts if part.labels is not None]
        difficulty = [part.difficulty for part in parts if part.difficulty is not None]
        decisions = [part.decisions for part in parts if part.decisions is not None]
        return cls(
            np.concatenate([part.scores for part in parts]),
            np.concatenate(labels) if labels else None,
            np.concatenate(difficulty) if difficulty else None,
            np.concatenate(decisions) if decisions else None,
        )

    @classmethod
    def of_probabilities(cls, probabilities: Floats) -> Prediction:
        """Choose the most probable class for each row; of equal ones the first."""
        return cls(probabilities, np.argmax(probabilities, axis=1).astype(np.int64))
