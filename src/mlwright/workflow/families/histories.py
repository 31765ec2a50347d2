"""Histories: who took what, and what each of them will take next.

Every training asks each family for its columns, so what does the work is imported where it is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from mlwright.workflow.family import Family, Wishes

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.artifact.model import Model
    from mlwright.core.progress import Listener
    from mlwright.workflow.options import TrainOptions


@final
class Histories(Family):
    """Recommendation."""

    roles = ("user", "item", "rating")
    tables = ("items", "users")
    flags = ("allow-seen",)

    def train(
        self, data: object, target: str | None, options: TrainOptions, listen: Listener, started: float | None
    ) -> Model:
        """Choose recommenders on later events; see `workflow.recommending`."""
        from mlwright.workflow.recommending.train import train  # noqa: PLC0415 - as above

        return train(data, target, options, listen, started)

    def predict(
        self, model: Model, data: object, out: str | Path | None, wishes: Wishes, listen: Listener
    ) -> int:
        """Rank items for users, known or with their history."""
        from mlwright.workflow.recommending.answer import recommend_file  # noqa: PLC0415 - as above

        wishes.only("top", "allow_seen", "filter")
        return recommend_file(model, data, out, wishes, listen)

    def evaluate(self, model: Model, data: object, wishes: Wishes, seed: int) -> dict[str, Any]:
        """Judge rankings by what users took after they were known."""
        from mlwright.workflow.recommending.evaluate import evaluate  # noqa: PLC0415 - as above

        wishes.only()
        return evaluate(model, data, seed)
