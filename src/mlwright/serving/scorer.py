"""The scorer: one loaded model at work. Rows in; out come the columns that `predict` writes."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.artifact.answers import DECISION, PREDICTION
from mlwright.artifact.profile import MIN_ROWS_SHOWN
from mlwright.core.dataset import Typed
from mlwright.core.errors import ArtifactError, UsageError
from mlwright.core.processors import n_processors
from mlwright.core.schema import Kind
from mlwright.core.task import Link
from mlwright.program.runtime import CHUNK_ROWS_RANKING
from mlwright.program.vocabulary import words_of
from mlwright.serving.problems import Problem
from mlwright.serving.reader import Reader
from mlwright.serving.tastes import Tastes
from mlwright.serving.wishes import NOTHING_MORE
from mlwright.workflow.explain import reasons

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Columns
    from mlwright.core.prediction import Prediction
    from mlwright.serving.reader import Rows
    from mlwright.serving.settings import Settings
    from mlwright.serving.wishes import Wishes

_MOST_LINES = 64
"""So many rows hold up the loop for about a millisecond."""


@final
class Scorer:
    """A model and what it takes to answer requests with it. Safe to call from several threads."""

    def __init__(self, model: Model, data: bytes, name: str, settings: Settings) -> None:
        self.model, self.name, self._settings = model, name, settings
        self.digest = sha256(data).hexdigest()
        self.version = self.digest[:12]
        self.reader = Reader([model.schema[name] for name in model.inputs], settings)
        self._classes: list[Any] = list(model.task.classes)
        self.ranks = model.task.link is Link.RANKING
        self.most_lines = CHUNK_ROWS_RANKING if self.ranks else _MOST_LINES
        """So many are answered at once on the loop: a line of a model that ranks scores a whole catalog."""
        self._shares = [] if self.ranks else [f"probability_{label}" for label in self._classes]
        self._n_threads = n_processors()

    @cached_property
    def tastes(self) -> Tastes:
        """What a model that ranks knows of users and items."""
        return Tastes(self.model, self._settings)

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """For each column of texts the words that many held, which are nobody's; the usual ones first."""
        return words_of(self.model.program, int(self.model.profile.get("n_rows") or 0), MIN_ROWS_SHOWN)

    def answer(self, rows: Rows) -> Prediction:
        """Answer rows that were read; a number of threads is told, so that nobody waits for a compiler."""
        return self.model.answer(rows.typed, n_threads=self._n_threads)

    def records(
        self, rows: Rows, prediction: Prediction, wishes: Wishes = NOTHING_MORE
    ) -> list[dict[str, Any]]:
        """Return an object for each row, by the names that `predict` gives its columns."""
        if prediction.labels is None:
            found = [{PREDICTION: value} for value in prediction.values.tolist()]
        else:
            classes, shares = self._classes, self._shares
            labels, scores = prediction.labels.tolist(), prediction.scores.tolist()
            found = [
                {PREDICTION: classes[label], **dict(zip(shares, chances, strict=False))}
                for label, chances in zip(labels, scores, strict=True)
            ]
            if prediction.decisions is not None:
                for record, decision in zip(found, prediction.decisions.tolist(), strict=True):
                    record[DECISION] = classes[decision]
        if wishes.level is not None:
            self._add_ranges(found, prediction, wishes.level)
        if wishes.explain:
            self._add_reasons(found, self.reader.by_column(rows))
        return found

    def _add_ranges(self, found: list[dict[str, Any]], prediction: Prediction, level: float) -> None:
        try:
            if prediction.labels is None:
                ends = self.model.conformal.intervals(prediction, level).tolist()
                for record, (low, high) in zip(found, ends, strict=True):
                    record |= {f"{PREDICTION}_low": low, f"{PREDICTION}_high": high}
                return
            sets = self.model.conformal.labels(prediction, level, self.model.task.classes)
        except UsageError as error:
            raise Problem(422, "level", str(error)) from error
        for record, labels in zip(found, sets, strict=True):
            record[f"{PREDICTION}_set"] = list(labels)

    def _add_reasons(self, found: list[dict[str, Any]], columns: Columns) -> None:
        try:
            explanation = self.model.explain(Typed(columns))
        except (ArtifactError, UsageError) as error:  # such as: the model is older than explanations
            raise Problem(422, "explain", str(error)) from error
        for record, told in zip(found, reasons(self.model, explanation, self.shown(columns)), strict=True):
            record["explanation"] = told

    def shown(self, columns: Columns) -> dict[str, Any]:
        """Return typed cells as people write them: dates as text, truths as true and false."""
        shown: dict[str, Any] = dict(columns)
        for column in self.reader.columns:
            cells = columns[column.name]
            if column.kind is Kind.DATETIME:
                moments = np.where(np.isnan(cells), 0.0, cells)
                texts = np.datetime_as_string((moments * 1e6).astype("datetime64[us]"), unit="s")
                shown[column.name] = np.where(np.isnan(cells), "", texts)
            elif column.kind is Kind.BOOLEAN:
                shown[column.name] = [None if np.isnan(cell) else bool(cell) for cell in cells]
        return shown
