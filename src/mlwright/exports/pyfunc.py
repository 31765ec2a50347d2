"""What MLflow loads: the model behind `mlflow.pyfunc`. Of MLflow nothing is imported here.

The `loader_module` of a folder that `export --to mlflow` has written (see `exports/targets/mlflow.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from mlwright.artifact.answers import named_answers
from mlwright.artifact.load import load

if TYPE_CHECKING:
    from mlwright.artifact.model import Model


@final
class Answering:
    """Answers frames with frames: the columns that `mlwright predict` writes."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, frame: Any, params: dict[str, Any] | None = None) -> Any:
        """Return a pandas frame of as many rows; raise DataError for cells that the model cannot read."""
        import pandas as pd  # noqa: PLC0415 - comes with MLflow

        del params
        index = getattr(frame, "index", None)
        return pd.DataFrame(named_answers(self.model, self.model.answer(frame)), index=index)


def _load_pyfunc(path: str, model_config: dict[str, Any] | None = None) -> Answering:
    """Open the model file at `path`; MLflow looks for a function of this name."""
    del model_config
    return Answering(load(path))
