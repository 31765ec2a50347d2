"""Blend: several recommenders, each with what it makes of the age and the strength of what was taken."""

from __future__ import annotations

from dataclasses import dataclass
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
    """How a history is looked at: by its strengths or not, and how fast it fades.

    An item that `n` others were taken after counts `floor + (1 - floor) * decay ** n`.
    """

    is_graded: bool = True
    floor: float = 1.0
    decay: float = 1.0

    @property
    def fading(self) -> Singles:
        """What counts at each position, shape (LATEST,)."""
        powers = np.power(self.decay, np.arange(LATEST, dtype=np.float64))
        return (self.floor + (1.0 - self.floor) * powers).astype(np.float32)

    def of(self, asked: Histories) -> Histories:
        """Weigh the events of histories, and drop those that are too old."""
        recent = asked.keep(asked.positions < LATEST)
        fading = self.fading[recent.positions]
        return recent.weighing(fading * recent.strengths if self.is_graded else fading)

    def fits(self, known: Histories) -> Histories:
        """Weigh the events to learn from: by strength alone."""
        return known if self.is_graded else known.weighing(np.ones_like(known.strengths))

    def to_json(self) -> dict[str, Any]:
        """Return what the evidence says of it."""
        return {"is_graded": self.is_graded, "floor": self.floor, "decay": self.decay}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A fitted recommender, how it looks at histories, and its weight."""

    fitted: FittedRecommender
    view: View
    weight: float = 1.0


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

    Those of whom no item is known are answered by `cold`, if there is one.
    """

    members: tuple[Member, ...]
    cold: FittedRecommender | None = None

    @property
    def reads_traits(self) -> bool:
        """Whether anything in it looks at what is known of users besides their histories."""
        fitted = [member.fitted for member in self.members] + ([self.cold] if self.cold else [])
        return any(one.reads_traits for one in fitted)

    @property
    def scale(self) -> float:
        """The length that a row of scores may have."""
        return float(sum(member.weight for member in self.members))

    def scores(self, asked: Histories) -> Singles:
        """Return scores for histories as they were, shape (n_users, n_items)."""
        total = np.zeros((asked.n_users, asked.n_items), np.float32)
        for member in self.members:
            total += np.float32(member.weight) * leveled(member.fitted.scores(member.view.of(asked)))
        if self.cold is not None:
            new = np.flatnonzero(asked.lengths == 0)
            total[new] = leveled(self.cold.scores(asked.take(new)))
        return total

    def lower(self, graph: Graph, row: Row, n_items: int) -> str:
        """Write the same into a program: (n_rows, n_items + 1)."""
        codes, strengths, n_rows = row.codes, row.strengths, row.n_rows
        zeros = graph.add("Mul", codes, graph.constant([0], np.int64))
        ones = graph.add("Add", zeros, graph.constant([1], np.int64))
        ages = graph.add("CumSum", ones, graph.constant(1, np.int64), exclusive=1)
        ages = graph.add("Min", ages, graph.constant([LATEST - 1], np.int64))
        total = ""
        for member in self.members:
            fading = graph.add("Gather", graph.constant(member.view.fading), ages, axis=0)
            weights = graph.add("Mul", fading, strengths) if member.view.is_graded else fading
            empty = graph.add("Expand", graph.constant(np.zeros((1, n_items + 1))), n_rows)
            dense = graph.add("ScatterElements", empty, codes, weights, axis=1, reduction="add")
            dense = graph.add("Mul", dense, graph.constant(_all_but_the_last(n_items)))
            scores = member.fitted.lower(graph, Given(codes, weights, dense, n_rows, row.traits))
            weighted = graph.add("Mul", _leveled(graph, scores), graph.constant(member.weight))
            total = graph.add("Add", total, weighted) if total else weighted
        return total if self.cold is None else self._answering_new_ones(graph, row, total, n_items)

    def _answering_new_ones(self, graph: Graph, row: Row, total: str, n_items: int) -> str:
        """Let rows without any known item have the scores of `cold`."""
        assert self.cold is not None  # noqa: S101 - it was looked at
        zeros = graph.add("Mul", row.codes, graph.constant([0], np.int64))
        ones = graph.add("Add", zeros, graph.constant([1], np.int64))
        ones = graph.add("Cast", ones, to=np.dtype(np.float32))
        empty = graph.add("Expand", graph.constant(np.zeros((1, n_items + 1))), row.n_rows)
        there = graph.add("ScatterElements", empty, row.codes, ones, axis=1, reduction="none")
        there = graph.add("Mul", there, graph.constant(_all_but_the_last(n_items)))
        length = graph.add("ReduceL2", there, graph.constant([1], np.int64), keepdims=1)
        is_known = graph.add("Less", graph.constant([0.5]), length)
        given = Given(row.codes, ones, empty, row.n_rows, row.traits)
        return graph.add("Where", is_known, total, _leveled(graph, self.cold.lower(graph, given)))


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
