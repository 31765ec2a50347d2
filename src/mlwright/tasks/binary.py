"""Binary classification: which of two classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.prediction import Prediction
from mlwright.core.task import Link, Outcome, TaskKind
from mlwright.data.labels import as_cells, class_numbers, sorted_classes

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers


@final
class Binary(TaskKind):
    """Two classes. The second in order (True, 1, "yes") is the positive one."""

    link = Link.SIGMOID
    metrics = (
        "roc_auc",
        "log_loss",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "average_precision",
        "brier",
    )

    def claims(self, values: Array) -> float:
        """Claim a target with exactly two values."""
        return float(len(set(as_cells(values))) == 2)

    def read(self, values: Array, rows: Integers | None = None) -> Outcome:
        """Give the two classes the numbers 0 and 1."""
        cells = as_cells(values)
        classes = sorted_classes(cells, rows)
        if len(classes) != 2:
            shown = ", ".join(repr(label) for label in classes[:5]) + (", …" if len(classes) > 5 else "")
            raise DataError(
                f"A question with two classes needs a target with two values, got {len(classes)} ({shown}). "
                "Choose another target or another --kind."
            )
        numbers = class_numbers(values, classes)
        counts = np.bincount(numbers.astype(np.int64), minlength=2)
        if counts.min() < 2:
            raise DataError(
                f"The class {classes[int(counts.argmin())]!r} has one row. "
                "At least 2 rows per class are needed: one to learn from and one to judge by."
            )
        return Outcome(values=numbers, classes=classes)

    def answer(self, scores: Floats) -> Prediction:
        """Choose the more probable class; `scores` has shape (n_rows, 2)."""
        return Prediction.of_probabilities(scores)
