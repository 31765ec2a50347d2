"""H2O AutoML. Its server is started inside the fit, for its user waits for that too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from adapter import Adapter, Question, in_order

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

METRICS = {"roc_auc": "AUC", "log_loss": "logloss", "rmse": "RMSE"}


@final
class Peer(Adapter):
    """A leaderboard of models and stacks in a Java server of its own."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        import h2o
        from h2o.automl import H2OAutoML

        self.package: Any = h2o
        self.search: Any = H2OAutoML  # can be made only when the server runs
        self.model: Any = None
        self.types: dict[str, str] = {}

    def fit(self, train: pd.DataFrame) -> None:
        """Start the server, hand the rows over and search."""
        target, folder = self.question.target, str(self.question.folder)
        port = 54_500 + (os.getpid() % 400) * 2
        self.package.init(nthreads=self.question.n_cores, port=port, ice_root=folder, log_dir=folder)
        self.package.no_progress()
        self.model = self.search(
            max_runtime_secs=max(1, int(self.question.time_limit_s)),  # of a float: an error; 0: no limit
            seed=self.question.seed + 1,
            sort_metric=METRICS[self.question.metric],
        )
        frame = self.package.H2OFrame(train)
        if self.question.task != "regression":
            frame[target] = frame[target].asfactor()
        self.types = {name: kind for name, kind in frame.types.items() if name != target}
        self.model.train(x=list(self.types), y=target, training_frame=frame)
        if self.model.leader is None:
            raise RuntimeError("H2O found no model within the time limit")
        self.notes = {"best": self.model.leader.model_id, "n_models": int(self.model.leaderboard.nrow)}

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Hand rows over with the types of the training rows, and fetch the answers."""
        frame = self.package.H2OFrame(rows, column_types={name: self.types[name] for name in rows.columns})
        answers = self.model.leader.predict(frame).as_data_frame(use_multi_thread=False)
        if self.question.task == "regression":
            return answers["predict"].to_numpy()
        classes = [str(name).removeprefix("p") for name in answers.columns[1:]]
        return in_order(answers.iloc[:, 1:], classes, self.question.n_classes)

    def save(self) -> Path:
        """Write the binary model, which needs a server; its portable format is closed in this edition."""
        return Path(self.package.save_model(self.model.leader, path=str(self.question.folder), force=True))

    def close(self) -> None:
        """Stop the server."""
        self.package.cluster().shutdown()
