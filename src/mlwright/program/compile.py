"""The compiler: recipe, encoders, models, blend and link become one graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.graph import Graph
from mlwright.core.prediction import Prediction
from mlwright.core.task import Link, Task, answers, lower_answers
from mlwright.program.onnx_file import write_onnx
from mlwright.program.runtime import DECISION, DIFFICULTY, LABEL, PROBABILITIES, VALUE
from mlwright.program.sums import SUMS, Sums
from mlwright.tuning.calibrate import apply_factors
from mlwright.tuning.spread import Spread, disagreement, lower_disagreement

if TYPE_CHECKING:
    from mlwright.core.arrays import Columns, Floats, Integers
    from mlwright.features.recipe import Recipe
    from mlwright.tuning.policy import Policy
    from mlwright.tuning.trial import Member


@final
@dataclass(frozen=True, slots=True)
class Parts:
    """All that a program is made of, as fitted: the reference it is proven against.

    `factors` calibrate the classes, `spread` tells how far off a value usually is, and `policy` decides, if
    there are any.
    """

    task: Task
    recipe: Recipe
    members: tuple[Member, ...]
    factors: tuple[float, ...] = ()
    spread: Spread | None = None
    policy: Policy | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The raw columns that the program reads."""
        known = self.recipe.reads
        stakes = self.policy.stakes if self.policy else ""
        return known if not stakes or stakes in known else (*known, stakes)

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each candidate, by name: that of all its members together."""
        found: dict[str, float] = {}
        for member in self.members:
            found[member.name] = found.get(member.name, 0.0) + member.weight
        return found

    def answer(self, columns: Columns, n_rows: int) -> Prediction:
        """Answer in numpy, double precision; without labels."""
        block = self.recipe.transform(columns, n_rows)
        shape = (n_rows, max(1, len(self.task.classes)))
        by_name: dict[str, Floats] = {name: np.zeros(shape) for name in self.weights}
        for member in self.members:
            scores = member.model.scores(member.encoder.transform(block))
            given = scores if member.model.is_answer else answers(self.task.link, scores)
            by_name[member.name] = by_name[member.name] + member.weight * given
        total: Floats = np.sum(list(by_name.values()), axis=0)
        if self.factors:
            total = apply_factors(total, np.array(self.factors))
        if self.task.link is not Link.IDENTITY:
            return Prediction(total, None, decisions=self._decisions(columns, total))
        difficulty = None
        if self.spread is not None:
            parts = [(weight, by_name[name][:, 0] / weight) for name, weight in self.weights.items()]
            apart = disagreement(parts, total[:, 0])
            difficulty = self.spread.of(total[:, 0], apart) * self.task.scale
        return Prediction(total * self.task.scale + self.task.offset, None, difficulty)

    def _decisions(self, columns: Columns, probabilities: Floats) -> Integers | None:
        if self.policy is None:
            return None
        stakes = columns[self.policy.stakes] if self.policy.stakes else None
        return self.policy.decide(probabilities, stakes)


def compile_program(parts: Parts) -> bytes:
    """Write the program: typed raw columns in, answers out.

    Classification answers `probabilities` (n_rows, n_classes) and `label` (n_rows,), the number of
    the most probable class, of equal ones the first. Regression answers `value` (n_rows, 1), and with
    a spread `difficulty` (n_rows, 1), in the same units. With a policy classification answers `decision`
    (n_rows, 1) too, the number of the class that costs least to decide.
    """
    graph, task = Graph(), parts.task
    lowered = parts.recipe.lower(graph)
    total = ""
    by_name: dict[str, str] = {}
    sums = Sums(parts.recipe, task, parts.factors)
    for member in parts.members:
        dense = member.encoder.lower(graph, lowered.dense, lowered.codes, lowered.terms) or lowered.codes
        scores = member.model.lower(graph, dense, lowered.terms)
        sums.add(member, graph.parts, dense)
        given = _lower_given(graph, task.link, scores, is_answer=member.model.is_answer)
        weighted = graph.add("Mul", given, graph.constant(member.weight))
        total = graph.add("Add", total, weighted) if total else weighted
        if parts.spread is not None:
            before = by_name.get(member.name)
            by_name[member.name] = graph.add("Add", before, weighted) if before else weighted
    if task.link is Link.SIGMOID:
        total = graph.add("Concat", graph.add("Sub", graph.constant(1.0), total), total, axis=1)
    if parts.factors:
        total = _lower_factors(graph, total, parts.factors)
    facts = {
        "mlwright.columns": list(parts.reads),
        "mlwright.classes": list(task.classes),
        "mlwright.target": task.target,
        SUMS: sums.to_json(),
    }
    outputs: dict[str, tuple[type[np.generic], int]]
    if task.link is Link.IDENTITY:
        graph.output(VALUE, _unscaled(graph, total, task.scale, task.offset))
        outputs = {VALUE: (np.float64, 1)}
        if parts.spread is not None:
            each = [
                (weight, graph.add("Mul", by_name[name], graph.constant(1.0 / weight)))
                for name, weight in parts.weights.items()
            ]
            usual = parts.spread.lower(graph, total, lower_disagreement(graph, each, total))
            graph.output(DIFFICULTY, _unscaled(graph, usual, task.scale, 0.0))
            outputs[DIFFICULTY] = (np.float64, 1)
        return write_onnx(graph, outputs, facts)
    graph.output(PROBABILITIES, total)
    graph.output(LABEL, graph.add("ArgMax", total, axis=1, keepdims=0, select_last_index=0))
    outputs = {PROBABILITIES: (np.float32, len(task.classes)), LABEL: (np.int64, 0)}
    if parts.policy is not None:
        graph.output(DECISION, parts.policy.lower(graph, total, _raw(graph, parts.policy.stakes)))
        outputs[DECISION] = (np.int64, 1)
    return write_onnx(graph, outputs, facts)


def _lower_given(graph: Graph, link: Link, scores: str, *, is_answer: bool) -> str:
    """Return what is blended of a member: its answer, of two classes the chance of the second alone.

    The first has the rest of what is blended; two nodes less for each member are felt in a single row.
    """
    if link is not Link.SIGMOID:
        return scores if is_answer else lower_answers(graph, link, scores)
    if is_answer:
        return graph.add("Gather", scores, graph.constant([1], np.int64), axis=1)
    return graph.add("Sigmoid", scores)


def _raw(graph: Graph, name: str) -> str:
    """Return a raw column of numbers, declared already or not; "" stays ""."""
    known = {item.name: item.value for item in graph.inputs}
    return known[name] if name in known else graph.input(name, is_text=False) if name else ""


def _unscaled(graph: Graph, given: str, scale: float, offset: float) -> str:
    wide = graph.add("Cast", given, to=np.dtype(np.float64))
    scaled = graph.add("Mul", wide, graph.constant(scale, np.float64))
    return graph.add("Add", scaled, graph.constant(offset, np.float64))


def _lower_factors(graph: Graph, given: str, factors: tuple[float, ...]) -> str:
    moved = graph.add("Mul", given, graph.constant([factors]))
    # A product with ones: the same sum for a row alone and among others, unlike ReduceSum.
    return graph.add("Div", moved, graph.add("MatMul", moved, graph.constant(np.ones((len(factors), 1)))))
