"""LightAutoML: the preset for tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from adapter import Adapter, Question, in_order

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

TASKS = {
    "binary": ("binary", "auc"),
    "multiclass": ("multiclass", "crossentropy"),
    "regression": ("reg", "mse"),
}


@final
class Peer(Adapter):
    """Linear models and boosted trees, blended."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        import torch
        from lightautoml.automl.presets.tabular_presets import TabularAutoML
        from lightautoml.tasks import Task

        torch.set_num_threads(question.n_cores)
        name, metric = TASKS[question.task]
        self.model: Any = TabularAutoML(
            task=Task(name, metric=metric),
            timeout=question.time_limit_s,
            cpu_limit=question.n_cores,
            reader_params={"n_jobs": question.n_cores, "cv": 5, "random_state": 42 + question.seed},
        )

    def fit(self, train: pd.DataFrame) -> None:
        """Train in five folds."""
        self.model.fit_predict(train, roles={"target": self.question.target}, verbose=1)

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Answer rows."""
        given = self.model.predict(rows).data
        if self.question.task == "regression":
            return np.asarray(given[:, 0])
        if self.question.task == "binary":
            return np.column_stack([1 - given[:, 0], given[:, 0]])
        numbers = getattr(self.model.reader, "class_mapping", None)
        classes = sorted(numbers, key=numbers.get) if numbers else range(given.shape[1])
        return in_order(given, classes, self.question.n_classes)

    def save(self) -> Path:
        """Write a pickle, as its documentation does."""
        import joblib

        path = self.question.folder / "model.joblib"
        joblib.dump(self.model, path)
        return path
