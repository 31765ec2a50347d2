"""FLAML with its defaults."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, final

import numpy as np
from adapter import Adapter, Question, in_order

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@final
class Peer(Adapter):
    """One model, found by a frugal search that uses all of the time."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        from flaml import AutoML

        self.model: Any = AutoML()

    def fit(self, train: pd.DataFrame) -> None:
        """Search."""
        asked = self.question
        self.model.fit(
            dataframe=train,
            label=asked.target,
            task="regression" if asked.task == "regression" else "classification",
            metric=asked.metric,
            time_budget=asked.time_limit_s,
            seed=asked.seed,
            n_jobs=asked.n_cores,
            verbose=1,
        )
        self.notes = {"best": self.model.best_estimator}

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Answer rows."""
        if self.question.task == "regression":
            return np.asarray(self.model.predict(rows))
        return in_order(self.model.predict_proba(rows), self.model.classes_, self.question.n_classes)

    def save(self) -> Path:
        """Write a pickle."""
        path = self.question.folder / "model.pkl"
        path.write_bytes(pickle.dumps(self.model))
        return path
