"""mlwright itself, through the interface that its users have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from adapter import Adapter, Question, in_order

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@final
class Peer(Adapter):
    """The project in this checkout."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        import mlwright

        self.package: Any = mlwright
        self.model: Any = None

    def fit(self, train: pd.DataFrame) -> None:
        """Train, and note what it says of itself: its sealed test and where its time went."""
        asked = self.question
        self.model = self.package.train(
            train,
            target=asked.target,
            kind=asked.task,
            metric=asked.metric,
            time_limit=asked.time_limit_s,
            seed=asked.seed,
        )
        evidence = self.model.evidence
        self.notes = {
            "own": evidence.get("test", {}).get(asked.metric),
            "elapsed_s": evidence.get("budget", {}).get("elapsed_s"),
            "n_trials": len(evidence.get("leaderboard", [])),
            "findings": [finding.get("rule") for finding in evidence.get("findings", [])],
        }

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Answer rows."""
        if self.question.task == "regression":
            return np.asarray(self.model.predict(rows), dtype=np.float64)
        return in_order(self.model.predict_proba(rows), self.model.classes_, self.question.n_classes)

    def predict_row(self, row: dict[str, Any]) -> None:
        """Answer a single row, as a service gets it."""
        if self.question.task == "regression":
            self.model.predict(row)
        else:
            self.model.predict_proba(row)

    def save(self) -> Path:
        """Write the model file."""
        path = self.question.folder / "model.mlw"
        self.model.save(path)
        return path
