"""Kernel ridge on histories: users alike took alike, by the kernel of an infinitely wide autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.graph import first_columns
from mlwright.core.recommender import FittedRecommender, Given, Histories, Recommender
from mlwright.ranking.matrix import matrix, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Floats, Integers, Singles
    from mlwright.core.graph import Graph
    from mlwright.core.recommender import Settings

_MOST_CELLS, _MOST_CELLS_OF_MANY, _MANY_ITEMS = 8_000_000, 2_000_000, 20_000
"""Of weights, which each answer reads whole, twice: fewer where scores of many items take their time, too."""
_FEW_USERS, _MOST_USERS, _FEWEST_ITEMS = 1_000, 2_000, 200
_CHUNK = 2_000
_TINY = 1e-6
_ONE = np.float32(1.0 - 1e-6)
"""The root of 1 - s makes 1e-4 of the last bit of a cosine near 1, and sums in another order differ there. So
what is nearer to 1 is taken for 1."""
_ARC = (1.5707963050, -0.2145988016, 0.0889789874, -0.0501743046, 0.0308918810, -0.0170881256, 0.0066700901,
        -0.0012624911)  # fmt: skip
"""Abramowitz and Stegun (1964), Handbook of mathematical functions, 4.4.46: the arc cosine to 2e-8."""


@final
class Kernel(Recommender):
    """The neural tangent kernel of an autoencoder with one layer of rectifiers; of many users, on landmarks.

    Source: Sachdeva et al. (2022), Infinite recommendation networks, NeurIPS; Rudi et al. (2015), Less is
    more: Nyström computational regularization, NeurIPS.
    """

    order = 1

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose penalties, as a share of a user's own kernel; none for huge catalogs."""
        if known.n_users * known.n_items > 2e11 or len(known.items) > 20_000_000:
            return []
        return [{"penalty": penalty} for penalty in (2.0, 1.0, 4.0, 0.5, 8.0, 0.25)]

    def seconds(self, known: Histories) -> float:
        """Count users by landmarks, and what solving for these takes."""
        n_landmarks = float(min(known.n_users, _MOST_USERS))
        return 2.2e-7 * known.n_users * n_landmarks + 2e-10 * n_landmarks**3

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Solve for the weights of the landmarks."""
        users = _landmarks(known)
        most = _MOST_CELLS if known.n_items <= _MANY_ITEMS else _MOST_CELLS_OF_MANY
        n_items = min(known.n_items, max(_FEWEST_ITEMS, most // max(1, len(users))))
        taken = matrix(known)[:, :n_items].tocsr()
        rows = unit_rows(taken[users])
        own = kernel((rows @ rows.T).toarray()).astype(np.float64)
        if len(users) == known.n_users:
            own[np.diag_indices_from(own)] += 2.0 * settings["penalty"]
            precise = np.float64 if len(users) <= _FEW_USERS else np.float32
            dual = np.linalg.solve(own.astype(precise), taken.toarray().astype(precise))
        else:
            left, right = 2.0 * settings["penalty"] * own, np.zeros((len(users), n_items))
            left[np.diag_indices_from(left)] += 1e-4 * len(users)
            for start in range(0, known.n_users, _CHUNK):
                part = taken[start : start + _CHUNK]
                near = kernel((rows @ unit_rows(part).T).toarray()).astype(np.float64)
                left += near @ near.T
                right += (part.T @ near.T).T
            dual = np.linalg.solve(left, right)
        return _Dual(rows.toarray().T.astype(np.float32), dual.astype(np.float32), known.n_items)


def _landmarks(known: Histories) -> Integers:
    """Choose users with long histories among many."""
    if known.n_users <= _MOST_USERS:
        return np.arange(known.n_users)
    rng = np.random.default_rng(0)
    chances = np.log1p(known.lengths.astype(np.float64))
    n_users = min(_MOST_USERS, int((chances > 0).sum()))  # who took nothing tells nothing
    return np.sort(rng.choice(known.n_users, n_users, replace=False, p=chances / chances.sum()))


def kernel(cosines: Floats | Singles) -> Singles:
    """Return (2 s (pi - arccos s) + sqrt(1 - s^2)) / pi for cosines s, which are not negative here."""
    s = np.clip(cosines, 0.0, 1.0).astype(np.float32)
    arc = np.full_like(s, _ARC[-1])
    for factor in _ARC[-2::-1]:
        arc = arc * s + np.float32(factor)
    arc = arc * np.sqrt(np.maximum(_ONE - s, np.float32(0.0)))
    far = np.sqrt(np.maximum(_ONE - s * s, np.float32(0.0)))
    found: Singles = (np.float32(2.0) * s * (np.float32(np.pi) - arc) + far) * np.float32(1.0 / np.pi)
    return found


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Dual(FittedRecommender):
    """Histories of landmarks, (n_kept, n_landmarks), of length 1, and their weights, (n_landmarks, n_kept).

    Items that are not kept, the rarest, score nothing.
    """

    rows: Singles
    dual: Singles
    n_items: int

    def scores(self, asked: Histories) -> Singles:
        n_kept = len(self.rows)
        near = kernel(unit_rows(matrix(asked)[:, :n_kept].tocsr()) @ self.rows)
        found = np.zeros((asked.n_users, asked.n_items), np.float32)
        found[:, :n_kept] = near @ self.dual
        return found

    def lower(self, graph: Graph, given: Given) -> str:
        n_kept = len(self.rows)
        dense = first_columns(graph, given.dense, n_kept)
        length = graph.add("ReduceL2", dense, graph.constant([1], np.int64), keepdims=1)
        unit = graph.add("Div", dense, graph.add("Max", length, graph.constant(_TINY)))
        cosines = graph.add("MatMul", unit, graph.constant(self.rows))
        s = graph.add("Clip", cosines, graph.constant(0.0), graph.constant(1.0))
        one = graph.constant(_ONE)
        arc = graph.add("Mul", s, graph.constant(_ARC[-1]))
        for factor in _ARC[-2:0:-1]:
            arc = graph.add("Mul", graph.add("Add", arc, graph.constant(factor)), s)
        arc = graph.add("Mul", graph.add("Add", arc, graph.constant(_ARC[0])), _root(graph, s, one))
        far = _root(graph, graph.add("Mul", s, s), one)
        twice = graph.add(
            "Mul", graph.add("Mul", s, graph.constant(2.0)), graph.add("Sub", graph.constant(np.pi), arc)
        )
        near = graph.add("Mul", graph.add("Add", twice, far), graph.constant(1.0 / np.pi))
        found = graph.add("MatMul", near, graph.constant(self.dual))
        empty = graph.add("Expand", graph.constant(np.zeros((1, self.n_items + 1 - n_kept))), given.n_rows)
        return graph.add("Concat", found, empty, axis=1)


def _root(graph: Graph, value: str, one: str) -> str:
    rest = graph.add("Max", graph.add("Sub", one, value), graph.constant(0.0))
    return graph.add("Sqrt", rest)
