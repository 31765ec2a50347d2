"""The compiler: recipe, encoders, models, blend and link become one graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.graph import Graph
from mlwright.core.task import Link, Task, answers, lower_answers
from mlwright.program.onnx_file import write_onnx
from mlwright.program.sums import SUMS, Sums
from mlwright.tuning.calibrate import apply_factors

if TYPE_CHECKING:
    from mlwright.core.arrays import Columns, Floats
    from mlwright.features.recipe import Recipe
    from mlwright.tuning.trial import Member

PROBABILITIES, LABEL, VALUE = "probabilities", "label", "value"
"""Names of the outputs of a program."""


@final
@dataclass(frozen=True, slots=True)
class Parts:
    """All that a program is made of, as fitted: the reference it is proven against.

    `factors` calibrate the classes, if there are any.
    """

    task: Task
    recipe: Recipe
    members: tuple[Member, ...]
    factors: tuple[float, ...] = ()

    def answers(self, columns: Columns, n_rows: int) -> Floats:
        """Compute the answers in numpy, double precision, shape (n_rows, n_answers)."""
        block = self.recipe.transform(columns, n_rows)
        total: Floats = np.zeros((n_rows, max(1, len(self.task.classes))))
        for member in self.members:
            scores = member.model.scores(member.encoder.transform(block))
            given = scores if member.model.is_answer else answers(self.task.link, scores)
            total = total + member.weight * given
        if self.factors:
            total = apply_factors(total, np.array(self.factors))
        return total * self.task.scale + self.task.offset if self.task.link is Link.IDENTITY else total


def compile_program(parts: Parts) -> bytes:
    """Write the program: typed raw columns in, answers out.

    Classification answers `probabilities` (n_rows, n_classes) and `label` (n_rows,), the number of
    the most probable class, of equal ones the first. Regression answers `value` (n_rows, 1).
    """
    graph, task = Graph(), parts.task
    lowered = parts.recipe.lower(graph)
    total = ""
    sums = Sums(parts.recipe, task, parts.factors)
    for member in parts.members:
        dense = member.encoder.lower(graph, lowered.dense, lowered.codes) or lowered.codes
        scores = member.model.lower(graph, dense, lowered.terms)
        sums.add(member, graph.parts)
        given = scores if member.model.is_answer else lower_answers(graph, task.link, scores)
        weighted = graph.add("Mul", given, graph.constant(member.weight))
        total = graph.add("Add", total, weighted) if total else weighted
    if parts.factors:
        total = _lower_factors(graph, total, parts.factors)
    facts = {
        "mlwright.columns": list(parts.recipe.reads),
        "mlwright.classes": list(task.classes),
        "mlwright.target": task.target,
        SUMS: sums.to_json(),
    }
    if task.link is Link.IDENTITY:
        wide = graph.add("Cast", total, to=np.dtype(np.float64))
        scaled = graph.add("Mul", wide, graph.constant(task.scale, np.float64))
        graph.output(VALUE, graph.add("Add", scaled, graph.constant(task.offset, np.float64)))
        return write_onnx(graph, {VALUE: (np.float64, 1)}, facts)
    graph.output(PROBABILITIES, total)
    graph.output(LABEL, graph.add("ArgMax", total, axis=1, keepdims=0, select_last_index=0))
    outputs: dict[str, tuple[type[np.generic], int]] = {
        PROBABILITIES: (np.float32, len(task.classes)),
        LABEL: (np.int64, 0),
    }
    return write_onnx(graph, outputs, facts)


def _lower_factors(graph: Graph, given: str, factors: tuple[float, ...]) -> str:
    moved = graph.add("Mul", given, graph.constant([factors]))
    # A product with ones: the same sum for a row alone and among others, unlike ReduceSum.
    return graph.add("Div", moved, graph.add("MatMul", moved, graph.constant(np.ones((len(factors), 1)))))
