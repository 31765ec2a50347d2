"""LightGBM with its defaults: fixed work, so the time limit means nothing to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from adapter import Adapter, Question, in_order
from plain import Plain

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@final
class Peer(Adapter):
    """100 trees, categories as LightGBM knows them."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        import lightgbm

        kind = lightgbm.LGBMRegressor if question.task == "regression" else lightgbm.LGBMClassifier
        self.model: Any = kind(random_state=question.seed, n_jobs=question.n_cores, verbose=-1)
        self.plain: Plain | None = None

    def fit(self, train: pd.DataFrame) -> None:
        """Prepare and train."""
        self.plain = Plain(train.drop(columns=[self.question.target]))
        self.model.fit(self.plain.apply(train, as_text=False), train[self.question.target])

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Answer rows."""
        prepared = self.plain.apply(rows, as_text=False) if self.plain else rows
        if self.question.task == "regression":
            return np.asarray(self.model.predict(prepared))
        return in_order(self.model.predict_proba(prepared), self.model.classes_, self.question.n_classes)

    def save(self) -> Path:
        """Write model and preparation."""
        import joblib

        path = self.question.folder / "model.joblib"
        joblib.dump((self.model, self.plain), path)
        return path
