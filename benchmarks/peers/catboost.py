"""CatBoost with its defaults: fixed work, so the time limit means nothing to it."""

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
    """1,000 trees, categories as CatBoost knows them."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        import catboost

        kind = catboost.CatBoostRegressor if question.task == "regression" else catboost.CatBoostClassifier
        self.model: Any = kind(
            random_seed=question.seed,
            thread_count=question.n_cores,
            verbose=0,
            allow_writing_files=False,
        )
        self.plain: Plain | None = None

    def fit(self, train: pd.DataFrame) -> None:
        """Prepare and train."""
        self.plain = Plain(train.drop(columns=[self.question.target]))
        prepared = self.plain.apply(train, as_text=True)
        self.model.fit(prepared, train[self.question.target], cat_features=self.plain.categories())

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Answer rows."""
        prepared = self.plain.apply(rows, as_text=True) if self.plain else rows
        if self.question.task == "regression":
            return np.asarray(self.model.predict(prepared))
        return in_order(self.model.predict_proba(prepared), self.model.classes_, self.question.n_classes)

    def save(self) -> Path:
        """Write model and preparation."""
        import joblib

        path = self.question.folder / "model.joblib"
        joblib.dump((self.model, self.plain), path)
        return path
