"""Level: what the target was before tells what it is now, by a line that goes on beyond all that was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.learner import FittedModel
from mlwright.core.part import Layers
from mlwright.core.scaling import Scaling
from mlwright.core.task import Link

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats, Integers, Singles
    from mlwright.core.graph import Graph
    from mlwright.core.learner import Configuration, Fit, Learner, Limits, Matrix, Sample

_PENALTY = 1.0
"""What was before over five, twenty and a hundred rows says much the same."""


@final
@dataclass(frozen=True)
class Level:
    """A line through a few dense features, those of numbers `chosen`."""

    chosen: Integers
    scaling: Scaling
    weights: Singles
    bias: Singles
    means: Singles

    @classmethod
    def fit(cls, dense: Singles, chosen: tuple[int, ...], target: Floats, weights: Floats | None) -> Level:
        """Fit a line to the chosen features, with a slight penalty. Source: Hoerl & Kennard 1970."""
        numbers = np.array(chosen, dtype=np.int64)
        scaling = Scaling.fit(dense[:, numbers])
        inputs = scaling.transform(dense[:, numbers])
        counted = np.ones(len(target)) if weights is None else weights / weights.mean()
        solved, bias = _solve(inputs.astype(np.float64), target, counted)
        means = np.asarray(inputs.mean(axis=0), dtype=np.float32)
        return cls(numbers, scaling, solved[:, None].astype(np.float32), np.array([bias], np.float32), means)

    def scores(self, matrix: Matrix) -> Floats:
        """Return the line, shape (n_rows, 1)."""
        inputs = self.scaling.transform(matrix.dense[:, self.chosen])
        return np.asarray(inputs @ self.weights + self.bias, dtype=np.float64)

    def lower(self, graph: Graph, dense: str) -> str:
        """Write the line into the program, and note that it can be explained as a layer."""
        picked = graph.add("Gather", dense, graph.constant(self.chosen, np.int64), axis=1)
        scaled = self.scaling.lower(graph, picked)
        weights, bias = graph.constant(self.weights), graph.constant(self.bias[None, :])
        origins = tuple(int(self.chosen[origin]) for origin in self.scaling.origins)
        graph.parts.append(
            Layers(
                reads=(scaled,), means=(graph.constant(self.means),), weights=((weights,),), biases=(bias,),
                origins=origins,
            )
        )  # fmt: skip
        return graph.add("Add", graph.add("MatMul", scaled, weights), bias)


@final
@dataclass(frozen=True)
class Leveled(FittedModel):
    """A level, and what was learned of what it leaves."""

    level: Level
    rest: FittedModel
    n_nodes: int
    is_answer: bool = False

    @property
    def n_trees(self) -> int:
        """Number of trees; 0 where there are none."""
        return int(getattr(self.rest, "n_trees", 0))

    def scores(self, matrix: Matrix) -> Floats:
        """Return the sum of both, shape (n_rows, 1)."""
        return self.level.scores(matrix) + self.rest.scores(matrix)

    def lower(self, graph: Graph, dense: str, terms: str) -> str:
        """Write both into the program; their sum is the score."""
        return graph.add("Add", self.level.lower(graph, dense), self.rest.lower(graph, dense, terms))

    def edges(self, n_dense: int) -> list[Floats]:
        """Return the thresholds of the rest; a line has none."""
        return self.rest.edges(n_dense)


def fit_on_level(
    learner: Learner,
    configuration: Configuration,
    samples: tuple[Sample, Sample | None],
    levels: tuple[int, ...],
    limits: Limits,
) -> Fit:
    """Let a learner of values learn what a line through the dense features `levels` leaves of the target.

    `samples` are rows to learn from and, perhaps, to be stopped by.
    """
    train, valid = samples
    level = Level.fit(train.matrix.dense, levels, train.target, train.weights)
    over, over_valid = _over(level, train), None if valid is None else _over(level, valid)
    fit = learner.fit(configuration, over, over_valid, Link.IDENTITY, limits)
    scored, probed = fit.valid_scores, fit.probe_scores
    if valid is not None and scored is not None:
        scored = scored + level.scores(valid.matrix)
    if fit.probe is not None and probed is not None:
        probed = probed + level.scores(fit.probe)
    model = Leveled(level, fit.model, fit.model.n_nodes)
    settings = {**fit.settings, "on_a_level": True}
    return replace(fit, model=model, valid_scores=scored, probe_scores=probed, settings=settings)


def _over(level: Level, sample: Sample) -> Sample:
    """Return the sample with what the level leaves of its target."""
    return replace(sample, target=sample.target - level.scores(sample.matrix)[:, 0])


def _solve(inputs: Floats, target: Floats, counted: Floats) -> tuple[Floats, float]:
    """Return the weights and the constant of a slightly penalized least squares fit."""
    total = counted.sum()
    middle, mean = (counted @ inputs) / total, float(counted @ target / total)
    centered = inputs - middle
    gram = (centered * counted[:, None]).T @ centered + _PENALTY * np.eye(inputs.shape[1])
    solved: Floats = np.linalg.solve(gram, (centered * counted[:, None]).T @ (target - mean))
    return solved, mean - float(middle @ solved)
