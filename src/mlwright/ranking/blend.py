"""Blend: several recommenders, each with what it makes of the age and the strength of what was taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import FittedRecommender, Given, Histories

if TYPE_CHECKING:
    from mlwright.core.arrays import Singles
    from mlwright.core.graph import Graph

LATEST = 500
"""So many items of a history count; what is older does not."""
_TINY = 1e-9


@final
@dataclass(frozen=True, slots=True)
class View:
    """How a history is looked at: by its strengths or not, how fast it fades, and what of it counts.

    An item that `n` others were taken after counts `floor + (1 - floor) * decay ** n`; with a strength below
    `least` it does not count.
    """

    is_graded: bool = True
    floor: float = 1.0
    decay: float = 1.0
    least: float = 0.0

    @property
    def fading(self) -> Singles:
        """What counts at each position, shape (LATEST,)."""
        powers = np.power(self.decay, np.arange(LATEST, dtype=np.float64))
        return (self.floor + (1.0 - self.floor) * powers).astype(np.float32)

    @property
    def without_age(self) -> View:
        """The same without fading."""
        return replace(self, floor=1.0, decay=1.0)

    def of(self, asked: Histories) -> Histories:
        """Weigh the events of histories, and drop those that are too old."""
        recent = asked.keep(asked.positions < LATEST)
        weights = self.fading[recent.positions]
        if self.is_graded:
            weights = weights * recent.strengths
        if self.least:
            weights = weights * (np.float32(self.least) < recent.strengths)
        return recent.weighing(weights)

    def fits(self, known: Histories) -> Histories:
        """Weigh the events to learn from, by strength alone, and drop those that do not count."""
        if self.least:
            known = known.keep(np.float32(self.least) < known.strengths)
        return known if self.is_graded else known.weighing(np.ones_like(known.strengths))

    def to_json(self) -> dict[str, Any]:
        """Return what the evidence says of it."""
        found = {"is_graded": self.is_graded, "floor": self.floor, "decay": self.decay}
        return found | ({"least": self.least} if self.least else {})


@final
@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A fitted recommender, how it looks at histories, and its weight."""

    fitted: FittedRecommender
    view: View
    weight: float = 1.0


@final
@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A member that answers alone where at most so many items are known of a user."""

    most: int
    member: Member


@final
@dataclass(frozen=True, slots=True)
class Row:
    """Values of a program: codes and strengths (n_rows, n_taken), words (n_rows, n_words), [n_rows, 1]."""

    codes: str
    strengths: str
    traits: str
    n_rows: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """The weighted sum of the members' scores, each divided by their length as a vector.

    Those of whom few items or none are known are answered by `stages`, if there are any; these are in order,
    and the first that can answers.
    """

    members: tuple[Member, ...]
    stages: tuple[Stage, ...] = ()

    @property
    def reads_traits(self) -> bool:
        """Whether anything in it looks at what is known of users besides their histories."""
        members = (*self.members, *(stage.member for stage in self.stages))
        return any(member.fitted.reads_traits for member in members)

    @property
    def scale(self) -> float:
        """The length that a row of scores may have."""
        return float(sum(member.weight for member in self.members))

    def scores(self, asked: Histories) -> Singles:
        """Return scores for histories as they were, shape (n_users, n_items)."""
        total = np.zeros((asked.n_users, asked.n_items), np.float32)
        for member in self.members:
            total += np.float32(member.weight) * leveled(member.fitted.scores(member.view.of(asked)))
        for stage in reversed(self.stages):
            few = np.flatnonzero(asked.lengths <= stage.most)
            member = stage.member
            total[few] = leveled(member.fitted.scores(member.view.of(asked.take(few))))
        return total

    def lower(self, graph: Graph, row: Row, n_items: int) -> str:
        """Write the same into a program: (n_rows, n_items + 1)."""
        zeros = graph.add("Mul", row.codes, graph.constant([0], np.int64))
        ones = graph.add("Add", zeros, graph.constant([1], np.int64))
        ages = graph.add("CumSum", ones, graph.constant(1, np.int64), exclusive=1)
        ages = graph.add("Min", ages, graph.constant([LATEST - 1], np.int64))
        total = ""
        for member in self.members:
            scores = _lowered(graph, member, row, ages, n_items)
            weighted = graph.add("Mul", scores, graph.constant(member.weight))
            total = graph.add("Add", total, weighted) if total else weighted
        if self.stages:
            there = _dense(graph, row, graph.add("Cast", ones, to=np.dtype(np.float32)), n_items, "none")
            length = graph.add("ReduceL2", there, graph.constant([1], np.int64), keepdims=1)
        for stage in reversed(self.stages):
            are_more = graph.add("Less", graph.constant([np.sqrt(stage.most + 0.5)]), length)
            total = graph.add("Where", are_more, total, _lowered(graph, stage.member, row, ages, n_items))
        return total


def _lowered(graph: Graph, member: Member, row: Row, ages: str, n_items: int) -> str:
    """Write what a member makes of histories: scores in rows of length 1."""
    view = member.view
    weights = graph.add("Gather", graph.constant(view.fading), ages, axis=0)
    if view.is_graded:
        weights = graph.add("Mul", weights, row.strengths)
    if view.least:
        do_count = graph.add("Less", graph.constant([view.least]), row.strengths)
        weights = graph.add("Mul", weights, graph.add("Cast", do_count, to=np.dtype(np.float32)))
    dense = _dense(graph, row, weights, n_items, "add")
    given = Given(row.codes, weights, dense, row.n_rows, row.traits)
    return _leveled(graph, member.fitted.lower(graph, given))


def _dense(graph: Graph, row: Row, weights: str, n_items: int, reduction: str) -> str:
    """Put weights at their items, (n_rows, n_items + 1); what is no item weighs nothing."""
    empty = graph.add("Expand", graph.constant(np.zeros((1, n_items + 1))), row.n_rows)
    dense = graph.add("ScatterElements", empty, row.codes, weights, axis=1, reduction=reduction)
    return graph.add("Mul", dense, graph.constant(_all_but_the_last(n_items)))


def _all_but_the_last(n_items: int) -> Singles:
    """Return ones for the items and a zero for what is unknown, shape (1, n_items + 1)."""
    return np.append(np.ones(n_items, np.float32), np.float32(0.0))[None, :]


def _leveled(graph: Graph, scores: str) -> str:
    length = graph.add("ReduceL2", scores, graph.constant([1], np.int64), keepdims=1)
    return graph.add("Div", scores, graph.add("Max", length, graph.constant(_TINY)))


def leveled(scores: Singles) -> Singles:
    """Divide each row by its length, so that rows of different recommenders can be added."""
    length = np.sqrt(np.einsum("ij,ij->i", scores, scores, dtype=np.float64))
    found: Singles = scores / np.maximum(length, _TINY).astype(np.float32)[:, None]
    return found
