"""Model: a program with its schema and its evidence. What `train` returns and `load` opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.artifact.save import write_artifact
from mlwright.core.dataset import Lines, Typed
from mlwright.core.errors import UsageError
from mlwright.core.task import Link, Task, check_of_rows
from mlwright.data.parse import parse, row_reader
from mlwright.evaluation.conformal import USUAL_LEVEL, Conformal
from mlwright.program.runtime import Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlwright.core.arrays import Array, Columns
    from mlwright.core.explanation import Explanation
    from mlwright.core.prediction import Prediction
    from mlwright.core.schema import Column, Schema
    from mlwright.program.explain import Explainer


@final
class Model:
    """Answers rows. A row's answer depends on that row and this model, and on nothing else.

    Attributes
    ----------
    evidence
        What is known about the model: scores with intervals, baseline, split, decisions. The mapping
        that `evidence.json` holds.
    golden
        Made-up rows with the answers they must get; see `artifact.golden`.
    task, schema
        The question, and the columns it needs.
    decides
        Whether answers hold a decision beside the label: somebody said what mistakes cost.
    card, profile
        The model card, Markdown; how the training rows were distributed.
    runtime, memory
        The program, loaded; what is known of those who may ask, None in most models.
    """

    def __init__(self, task: Task, schema: Schema, contents: Mapping[str, Any]) -> None:
        self.task = task
        self.schema = schema
        self.evidence: dict[str, Any] = contents["evidence"]
        self.card = str(contents["card"])
        self.profile: dict[str, Any] = contents["profile"]
        self.golden: Mapping[str, Any] = contents["golden"]
        self._contents = contents
        intervals = contents.get("intervals")
        self._conformal = None if intervals is None else Conformal.from_json(intervals)
        self._program: Program = contents.get("runtime") or Program(contents["program"])
        self.decides = self._program.decides
        self.runtime = self._program
        self.memory: bytes | None = contents.get("memory")
        self._explainer: Explainer | None = None
        self._classes = _as_array(task.classes)
        self._classes.flags.writeable = False  # the same array for everybody
        self._columns: list[Column] = [schema[name] for name in self._program.columns]
        self._read_row = row_reader(self._columns)

    def __reduce__(self) -> tuple[type[Model], tuple[Any, ...]]:
        # A loaded program is a native object; its bytes make another one.
        contents = {key: value for key, value in self._contents.items() if key != "runtime"}
        return Model, (self.task, self.schema, contents)

    def __repr__(self) -> str:
        metric = self.task.metric
        score = self.evidence.get("test", {}).get(metric) or {}
        ends = " to ".join(f"{score[end]:.4g}" for end in ("low", "high") if score.get(end) is not None)
        told = f"{metric} {score['value']:.4g} ({ends})" if score.get("value") is not None else "not judged"
        errors = [one for one in self.evidence.get("findings", []) if one.get("severity") == "error"]
        doubt = f", {len(errors)} error{'s' * (len(errors) > 1)} found: see evidence" if errors else ""
        return f"<mlwright model of {self.task.target!r}: {told}{doubt}>"

    @property
    def classes_(self) -> Array:
        """The labels, in the order of the columns of `predict_proba`, shape (n_classes,)."""
        return self._classes

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that the model reads."""
        return tuple(self._program.columns)

    @property
    def program(self) -> bytes:
        """The program: an ONNX file."""
        return bytes(self._contents["program"])

    def predict(self, data: object) -> Array:
        """Return labels or values, shape (n_rows,).

        `data` is a pandas or polars frame, an Arrow table, a dict (one row, or columns), a list of
        dicts, or the path of a file. Extra columns are ignored, and their order does not matter.

        Raises
        ------
        MissingColumnError
            A column that the model needs is not there.
        DataError
            A cell cannot be read as what its column holds.
        """
        prediction = self.answer(data)
        if prediction.labels is None:
            return prediction.values
        labels: Array = self.classes_[prediction.labels]
        return labels

    def predict_proba(self, data: object) -> Array:
        """Return probabilities, shape (n_rows, n_classes), columns in the order of `classes_`."""
        if self.task.link in (Link.IDENTITY, Link.RANKING):
            what = "predicts the number" if self.task.link is Link.IDENTITY else "ranks each"
            message = f"This model {what} {self.task.target!r}; it has no probabilities."
            raise UsageError(message)
        return self.answer(data).scores

    def decide(self, data: object) -> Array:
        """Return the label that costs least to decide, shape (n_rows,); needs `train --cost`."""
        check_of_rows(self.task, "A decision")
        decisions = self.answer(data).decisions
        if decisions is None:
            message = "This model was not told what mistakes cost. Train with --cost, such as fn=500,fp=20."
            raise UsageError(message)
        labels: Array = self.classes_[decisions]
        return labels

    def predict_interval(self, data: object, level: float = USUAL_LEVEL) -> Array:
        """Return the ends between which the true value lies this often, shape (n_rows, 2).

        How sure that is, `evidence["intervals"]` says: see `train --intervals certified`.

        Raises
        ------
        UsageError
            The model answers classes, was made without intervals, or on too few rows for the level.
        """
        check_of_rows(self.task, "An interval or a set of answers")
        if self.task.link is not Link.IDENTITY:
            message = f"This model predicts classes of {self.task.target!r}; ask it for sets instead."
            raise UsageError(message)
        return self.conformal.intervals(self.answer(data), level)

    def predict_set(self, data: object, level: float = USUAL_LEVEL) -> list[tuple[Any, ...]]:
        """Return the labels among which the true one is this often, for each row, the likeliest first.

        Where the likeliest label alone is right more often than asked, the rows that the model is least
        sure of get an empty set: ask a person, or ask for a higher level. Raises UsageError as
        `predict_interval` does.
        """
        if self.task.link is Link.IDENTITY:
            message = f"This model predicts the number {self.task.target!r}; ask it for intervals instead."
            raise UsageError(message)
        return self.conformal.labels(self.answer(data), level, self.task.classes)

    @property
    def conformal(self) -> Conformal:
        """What makes intervals or sets of answers; raise UsageError if there is none."""
        check_of_rows(self.task, "An interval or a set of answers")
        if self._conformal is None:
            message = (
                "This model has no prediction intervals or sets: it was made before there were any, or "
                "its training ended too early. Train again."
            )
            raise UsageError(message)
        return self._conformal

    def answer(self, data: object, *, n_threads: int | None = None) -> Prediction:
        """Return the prediction for each row of `data`, which may also be `Typed` rows or `Lines`.

        Many rows are spread over so many threads, one per processor by default.
        """
        if isinstance(data, dict):
            row = self._read_row(data)
            if row is not None:
                return self._program.run_lines((row,))
        if isinstance(data, Lines):
            return self._program.run_lines(data.cells)
        typed = _typed(self._columns, data)
        if n_threads is None:
            self._program.hasten(self.program, len(typed[self._columns[0].name]))
        return self._program.run(typed, n_threads)

    def explain(self, data: object) -> Explanation:
        """Say for each row how much every column moved its answer; see `Explanation`.

        The first call reads the model's trees and takes about as long as loading it.

        Raises
        ------
        MissingColumnError, DataError
            As in `predict`.
        UsageError
            The model ranks, or was made before models could explain themselves.
        """
        check_of_rows(self.task, "Explaining by columns")
        from mlwright.program.explain import Explainer  # noqa: PLC0415 - answers need none of it

        if self._explainer is None:
            self._explainer = Explainer(self.program, self._program)
        return self._explainer.explain(_typed(self._columns, data))

    def save(self, path: str | Path) -> None:
        """Write the model as one file, all or nothing."""
        write_artifact(path, self.task, self.schema, self._contents)


def _typed(columns: list[Column], data: object) -> Columns:
    """Read the columns that the model needs; each array has shape (n_rows,)."""
    if isinstance(data, Typed):
        return data.columns
    from mlwright.data.read import read  # noqa: PLC0415 - a dict of one row needs none of it

    raw = read(data)
    return parse(columns, raw, where=raw.source)


def _as_array(classes: tuple[Any, ...]) -> Array:
    if all(isinstance(label, bool) for label in classes):
        return np.array(classes, dtype=bool)
    if all(isinstance(label, int) for label in classes):
        return np.array(classes, dtype=np.int64)
    if all(isinstance(label, int | float) for label in classes):
        return np.array(classes, dtype=np.float64)
    return np.array([str(label) for label in classes], dtype=object)
