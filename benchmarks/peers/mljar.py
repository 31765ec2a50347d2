"""MLJAR, in the mode that suits the time: Compete needs minutes, Perform does with less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from adapter import Adapter, Question, in_order

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

COMPETES_FROM_S = 300
TASKS = {
    "binary": "binary_classification",
    "multiclass": "multiclass_classification",
    "regression": "regression",
}
METRICS = {"roc_auc": "auc", "log_loss": "logloss", "rmse": "rmse"}


@final
class Peer(Adapter):
    """A ladder of ever more models, with explanations left out: they would cost it time."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        from supervised.automl import AutoML

        by_time = "Compete" if question.time_limit_s >= COMPETES_FROM_S else "Perform"
        mode = question.options.get("mode", by_time)
        self.path = question.folder / "mljar"
        self.model: Any = AutoML(
            results_path=str(self.path),
            mode=mode,
            ml_task=TASKS[question.task],
            eval_metric=METRICS[question.metric],
            total_time_limit=max(1, int(question.time_limit_s)),  # a float raises an error
            explain_level=0,
            random_state=question.seed,
            n_jobs=question.n_cores,
        )
        self.notes = {"mode": mode}

    def fit(self, train: pd.DataFrame) -> None:
        """Climb the ladder."""
        target = self.question.target
        self.model.fit(train.drop(columns=[target]), train[target])

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Answer rows."""
        if self.question.task == "regression":
            return np.asarray(self.model.predict(rows))
        n_classes = self.question.n_classes
        return in_order(self.model.predict_proba(rows), range(n_classes), n_classes)

    def save(self) -> Path:
        """Return its folder: it cannot be saved apart from what it wrote while it trained."""
        return self.path
