"""The dullest honest answer: the mean, or how frequent each class is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.learner import Configuration, Fit, FittedModel, Learner, Limits, Matrix, Sample, Shape
from mlwright.core.part import Fixed
from mlwright.core.task import OF_ROWS, Link

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.graph import Graph


@final
@dataclass(frozen=True)
class _Constant(FittedModel):
    answer: Floats
    is_answer: bool = True
    n_nodes: int = 0

    def scores(self, matrix: Matrix) -> Floats:
        return np.tile(self.answer, (len(matrix.dense), 1))

    def lower(self, graph: Graph, dense: str, terms: str) -> str:
        graph.parts.append(Fixed(answer=tuple(self.answer.tolist())))
        # The number of rows comes from whatever the program reads first.
        first = graph.add("Shape", dense or terms, start=0, end=1)
        shape = graph.add("Concat", first, graph.constant([1], np.int64), axis=0)
        return graph.add("Expand", graph.constant(self.answer[None, :]), shape)

    def edges(self, n_dense: int) -> list[Floats]:
        return [np.empty(0)] * n_dense


@final
class Constant(Learner):
    """The baseline that every comparison contains."""

    serves = OF_ROWS
    has_luck = False

    def configurations(self, shape: Shape) -> list[Configuration]:
        """Propose the one there is."""
        del shape
        return [Configuration(name="constant", order=0, encodings=(), cost=0.001)]

    def fit(
        self, configuration: Configuration, train: Sample, valid: Sample | None, link: Link, limits: Limits
    ) -> Fit:
        """Average the target."""
        del configuration, limits
        weights = np.ones(len(train.target)) if train.weights is None else train.weights
        if link is Link.IDENTITY:
            answer = np.array([np.average(train.target, weights=weights)])
        else:
            n_classes = max(2, train.n_classes)
            counts = np.bincount(train.target.astype(int), weights=weights, minlength=n_classes)
            answer = (counts + 1e-3) / (counts + 1e-3).sum()
        model = _Constant(answer)
        return Fit(model=model, valid_scores=None if valid is None else model.scores(valid.matrix))
