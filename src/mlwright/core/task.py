"""Task: the question. TaskKind: a family of questions, one file each in `tasks/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, final

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.graph import Graph
    from mlwright.core.prediction import Prediction

Label = str | int | float | bool


class Link(StrEnum):
    """How raw scores become answers; learners declare which they can be trained for."""

    IDENTITY = "identity"
    """One score: the value itself. Trained on squared error."""
    SIGMOID = "sigmoid"
    """One score: the log odds of the second class. Trained on log loss."""
    SOFTMAX = "softmax"
    """One score per class. Trained on log loss."""


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
    """

    link: ClassVar[Link]
    metrics: ClassVar[tuple[str, ...]]

    @abstractmethod
    def claims(self, values: Array) -> float:
        """Say how well a target fits this kind, in [0, 1]. `values` are parsed cells, none missing."""

    @abstractmethod
    def read(self, values: Array) -> Outcome:
        """Turn target cells, none missing, into numbers; raise DataError if they cannot be a target."""

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


def lower_answer(graph: Graph, task: Task, raw: str) -> str:
    """Add the nodes that turn one member's raw scores (n, n_scores) into answers (n, n_answers)."""
    match task.link:
        case Link.SIGMOID:
            yes = graph.add("Sigmoid", raw)
            no = graph.add("Sub", graph.constant(1.0), yes)
            return graph.add("Concat", no, yes, axis=1)
        case Link.SOFTMAX:
            return graph.add("Softmax", raw, axis=1)
        case Link.IDENTITY:
            return raw
