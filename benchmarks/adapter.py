"""What a peer has to do to be compared. Each file in peers/ holds one `Peer`, a child of `Adapter`.

The file is imported in the peer's own environment, where numpy and pandas are all that the harness
brings. The constructor imports the peer's package; everything that costs its user time goes into
`fit`. Three hooks are called if they are there: `prepare_serving()` before single rows are timed, if
the package documents a mode for that, `predict_row(row)` with a dict instead of `predict` with a frame of
one row, if the package takes one, and `close()` at the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd


@final
@dataclass(frozen=True, slots=True)
class Question:
    """What every peer is told, and nothing else: no setting depends on the table."""

    target: str
    task: str
    """binary, multiclass or regression"""
    metric: str
    """roc_auc, log_loss or rmse"""
    n_classes: int
    time_limit_s: float
    seed: int
    n_cores: int
    folder: Path
    """An empty folder for whatever the peer writes."""
    options: dict[str, Any] = field(default_factory=dict)


class Adapter(ABC):
    """A peer under test."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.notes: dict[str, Any] = {}

    @abstractmethod
    def fit(self, train: pd.DataFrame) -> None:
        """Train on all columns of the frame, the target among them, within the time limit."""

    @abstractmethod
    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return probabilities of shape `(n_rows, n_classes)`, or values of shape `(n_rows,)`."""

    @abstractmethod
    def save(self) -> Path:
        """Write what is needed to predict elsewhere; return the file or folder."""


def in_order(shares: Any, classes: Iterable[Any], n_classes: int) -> np.ndarray:
    """Put columns of probabilities into the order of the classes; one that is missing gets zero."""
    given = np.asarray(shares, dtype=np.float64)
    ordered = np.zeros((len(given), n_classes))
    for column, label in enumerate(classes):
        ordered[:, int(label)] = given[:, column]
    return ordered
