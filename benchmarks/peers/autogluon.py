"""AutoGluon with one of its presets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from adapter import Adapter, Question, in_order

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

METRICS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "root_mean_squared_error"}


@final
class Peer(Adapter):
    """Many models, stacked and blended as the preset says."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        from autogluon.tabular import TabularPredictor

        self.path = question.folder / "autogluon"
        self.model: Any = TabularPredictor(
            label=question.target,
            problem_type=question.task,
            eval_metric=METRICS[question.metric],
            path=str(self.path),
            verbosity=2,
            learner_kwargs={"random_state": question.seed},
        )

    def fit(self, train: pd.DataFrame) -> None:
        """Train what the preset names until the time is over."""
        asked = self.question
        self.model.fit(
            train,
            presets=asked.options["presets"],
            time_limit=asked.time_limit_s,
            num_cpus=asked.n_cores,
        )
        self.notes = {"best": self.model.model_best, "models": self.model.model_names()}

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Answer rows."""
        if self.question.task == "regression":
            return np.asarray(self.model.predict(rows))
        shares = self.model.predict_proba(rows)
        return in_order(shares, shares.columns, self.question.n_classes)

    def prepare_serving(self) -> None:
        """Keep the models in memory, as its documentation tells for fast answers."""
        self.model.persist()

    def save(self) -> Path:
        """Write the copy that is meant for deployment: without the models that the best one does not need."""
        place = self.question.folder / "deployed"
        self.model.clone_for_deployment(str(place))
        return place
