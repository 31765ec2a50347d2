"""Task: the question. TaskKind: a family of questions, one file each in `tasks/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from mlwright.core.errors import UsageError

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.graph import Graph
    from mlwright.core.prediction import Prediction

Label = str | int | float | bool
_SMALLEST_PROBABILITY = 1e-7


class Link(StrEnum):
    """How raw scores become answers; learners declare which they can be trained for."""

    IDENTITY = "identity"
    """One score: the value itself. Trained on squared error."""
    SIGMOID = "sigmoid"
    """One score: the log odds of the second class. Trained on log loss."""
    SOFTMAX = "softmax"
    """One score per class. Trained on log loss."""
    RANKING = "ranking"
    """One score per class, in any unit: the highest come first."""


OF_ROWS = frozenset(Link) - {Link.RANKING}
"""The links of questions about one target for each row, which learners can be trained for."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The target as numbers, and what is needed to turn numbers back into answers.

    `values` has shape (n_rows,): class numbers or values. `classes` are the labels in the order of
    the probabilities (empty for values). Learners see `(values - offset) / scale`.
    """

    values: Floats
    classes: tuple[Label, ...] = ()
    offset: float = 0.0
    scale: float = 1.0


class TaskKind(ABC):
    """A family of questions: how the target is read, scored and answered.

    Kinds name no learner. `metrics` lists ids of the `evaluation/metrics` shelf, the default first.
    `family` is an id of the `workflow/families` shelf: who knows the way from data to a model and answers.
    """

    family: ClassVar[str] = "rows"

    link: ClassVar[Link]
    metrics: ClassVar[tuple[str, ...]]

    @abstractmethod
    def claims(self, values: Array) -> float:
        """Say how well a target fits this kind, in [0, 1]. `values` are parsed cells, none missing."""

    @abstractmethod
    def read(self, values: Array, rows: Integers | None = None) -> Outcome:
        """Turn target cells, none missing, into numbers; raise DataError if they cannot be a target.

        A message counts rows in the table: these cells are of its `rows`, from 0; None for all.
        """

    @abstractmethod
    def answer(self, scores: Floats) -> Prediction:
        """Turn blended answers, shape (n_rows, n_answers), into predictions."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question: which target, of which kind, judged by which metric."""

    kind: str
    link: Link
    target: str
    metric: str
    metrics: tuple[str, ...]
    classes: tuple[Label, ...] = ()
    offset: float = 0.0
    scale: float = 1.0

    @property
    def n_scores(self) -> int:
        """Raw scores per row that a learner gives."""
        return len(self.classes) if self.link is Link.SOFTMAX else 1

    def to_json(self) -> dict[str, Any]:
        """Return the JSON shape stored in the artifact."""
        return {
            "kind": self.kind,
            "link": self.link.value,
            "target": self.target,
            "metric": self.metric,
            "metrics": list(self.metrics),
            "classes": list(self.classes),
            "offset": self.offset,
            "scale": self.scale,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Task:
        """Rebuild a task; the opposite of `to_json`."""
        lists = {key: tuple(value[key]) for key in ("metrics", "classes")}
        return cls(**{**value, **lists, "link": Link(value["link"])})


def check_of_rows(task: Task, what: str) -> None:
    """Raise UsageError for a model that ranks; `what` says what is about rows alone."""
    if task.link not in OF_ROWS:
        message = f"{what} is for questions about rows; this model ranks {task.target!r} for whoever asks."
        raise UsageError(message)


def answers(link: Link, scores: Floats) -> Floats:
    """Turn raw scores, shape (n_rows, n_scores), into answers: probabilities or values."""
    if link in (Link.IDENTITY, Link.RANKING):
        return scores
    if link is Link.SIGMOID:
        yes = 1.0 / (1.0 + np.exp(-np.clip(scores[:, 0], -80.0, 80.0)))
        return np.column_stack([1.0 - yes, yes])
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def lower_answers(graph: Graph, link: Link, scores: str) -> str:
    """Add the nodes that do the same in the program."""
    if link in (Link.IDENTITY, Link.RANKING):
        return scores
    if link is Link.SIGMOID:
        yes = graph.add("Sigmoid", scores)
        return graph.add("Concat", graph.add("Sub", graph.constant(1.0), yes), yes, axis=1)
    return graph.add("Softmax", scores, axis=1)


def losses(link: Link, target: Floats, given: Floats) -> Floats:
    """Return the proper loss of each row: log loss of answers, or squared error of values."""
    if link is Link.IDENTITY:
        squared: Floats = (target - given[:, 0]) ** 2
        return squared
    chosen = given[np.arange(len(given)), target.astype(np.int64)]
    return -np.log(np.clip(chosen, _SMALLEST_PROBABILITY, 1.0))
