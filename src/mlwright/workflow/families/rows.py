"""Rows: one answer for each row of a table, about one of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import UsageError
from mlwright.workflow.evaluate import evaluate
from mlwright.workflow.family import Family, Wishes
from mlwright.workflow.predict import predict_file
from mlwright.workflow.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.artifact.model import Model
    from mlwright.core.progress import Listener
    from mlwright.workflow.options import TrainOptions


@final
class Rows(Family):
    """Classification and regression."""

    def train(
        self, data: object, target: str | None, options: TrainOptions, listen: Listener, started: float | None
    ) -> Model:
        """Search features and learners; see `workflow.train`."""
        if target is None:
            message = (
                "What shall be predicted? Name the column: --target COLUMN. "
                "To learn from who took what instead, name these columns: --user COLUMN --item COLUMN."
            )
            raise UsageError(message)
        return train(data, target, options, listen, started)

    def predict(
        self, model: Model, data: object, out: str | Path | None, wishes: Wishes, listen: Listener
    ) -> int:
        """Answer each row; see `workflow.predict`."""
        wishes.only("intervals", "capacity", "history")
        if data is None:
            message = "Which rows shall be answered? Name them: mlwright predict MODEL DATA."
            raise UsageError(message)
        asked = wishes.intervals, wishes.capacity
        return predict_file(model, data, out, *asked, listen, history=wishes.history)

    def evaluate(self, model: Model, data: object, wishes: Wishes, seed: int) -> dict[str, Any]:
        """Score every metric; see `workflow.evaluate`."""
        return evaluate(model, data, history=wishes.history, seed=seed)
