"""Multiclass classification: which of several classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.core.errors import DataError
from mlwright.core.prediction import Prediction
from mlwright.core.task import Link, Outcome, TaskKind
from mlwright.data.labels import as_cells, class_numbers, families, sorted_classes

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers

_MOST_CLASSES = 1_000
_MOST_CODES = 20
_LEAST_ROWS_PER_CODE = 5


@final
class Multiclass(TaskKind):
    """More than two classes, exactly one of which is right."""

    link = Link.SOFTMAX
    metrics = (
        "log_loss",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "roc_auc",
        "brier",
    )

    def claims(self, values: Array) -> float:
        """Claim labels that are no numbers, and small whole numbers that look like codes."""
        cells = as_cells(values)
        labels = set(cells)
        if len(labels) <= 2:
            return 0.0
        if families(cells) != {"number"}:
            return float(len(labels) < len(cells))
        numbers = [float(label) for label in labels]
        if not all(number.is_integer() for number in numbers) or len(numbers) > _MOST_CODES:
            return 0.0
        is_often = len(cells) >= _LEAST_ROWS_PER_CODE * len(numbers)
        is_dense = min(numbers) >= 0 and max(numbers) - min(numbers) < 2 * len(numbers)
        return 0.8 if is_often and is_dense and min(numbers) < 2 * len(numbers) else 0.3

    def read(self, values: Array, rows: Integers | None = None) -> Outcome:
        """Give the classes numbers in their order."""
        classes = sorted_classes(as_cells(values), rows)
        if len(classes) < 2:
            shown = f" ({classes[0]!r})" if classes else ""
            raise DataError(
                f"The target has only {len(classes)} value{shown}, so there is nothing to tell apart. "
                "Choose another target."
            )
        if len(classes) > _MOST_CLASSES:
            raise DataError(
                f"The target has {len(classes):,} classes; at most {_MOST_CLASSES:,} can be told apart. "
                "Group rare labels, or use --kind regression if it is a quantity."
            )
        return Outcome(values=class_numbers(values, classes), classes=classes)

    def answer(self, scores: Floats) -> Prediction:
        """Choose the most probable class; `scores` has shape (n_rows, n_classes)."""
        return Prediction.of_probabilities(scores)
