"""Factors of users and items by alternating least squares on implicit feedback; a history is folded in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.graph import first_columns
from mlwright.core.recommender import FittedRecommender, Given, Histories, Recommender
from mlwright.ranking.matrix import matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Floats, Integers, Singles
    from mlwright.core.graph import Graph
    from mlwright.core.recommender import Settings

_HEAD = 10_000
"""Beyond these most frequent items nothing is said of an item, or by it."""
_N_EPOCHS, _N_STEPS = 12, 8
_MOST_CELLS = 4_000_000
_MOST_WORK = 3e8
"""Events times squared factors: some seconds for each epoch."""
_MOST_ENTRIES = 200_000
"""Products that are made at a time."""
_TINY = 1e-12


@final
class Factors(Recommender):
    """What is taken weighs `1 + alpha * strength`, all else 1; the scores come from factors of both sides.

    Source: Hu, Koren and Volinsky (2008), Collaborative filtering for implicit feedback datasets, ICDM; for
    settings Rendle et al. (2022), Revisiting the performance of iALS, RecSys.
    """

    order = 3

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose numbers of factors, how much taken items weigh, and penalties; none for huge logs."""
        found = [(32, 15.0, 3.0), (32, 10.0, 8.0), (24, 20.0, 3.0), (48, 15.0, 10.0), (32, 30.0, 10.0)]
        return [
            {"n_factors": float(n_factors), "alpha": alpha, "penalty": penalty}
            for n_factors, alpha, penalty in found
            if len(known.items) * n_factors**2 <= _MOST_WORK
        ]

    def seconds(self, known: Histories) -> float:
        """Count what the systems of all rows take to be put together and solved, with the usual settings."""
        n_factors = self.settings(known)[0]["n_factors"] if self.settings(known) else 0.0
        n_rows = known.n_users + min(known.n_items, _HEAD)
        return 4e-10 * _N_EPOCHS * (2.0 * len(known.items) * n_factors**2 + n_rows * n_factors**3)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Solve for one side, then for the other, in turn."""
        taken = matrix(known)[:, :_HEAD].tocsr()
        by_item = taken.T.tocsr()
        rng = np.random.default_rng(0)
        items: Singles = rng.normal(0.0, 0.1, (taken.shape[1], int(settings["n_factors"]))).astype(np.float32)
        for _ in range(_N_EPOCHS):
            items = _solved(by_item, _solved(taken, items, settings), settings)
        gram: Singles = items.T @ items
        gram[np.diag_indices_from(gram)] += np.float32(settings["penalty"])
        usual = (gram + _usual(taken, items, settings["alpha"])).astype(np.float64)
        start = np.linalg.inv(usual).astype(np.float32)
        return _Folded(items, gram, start, np.float32(settings["alpha"]), known.n_items)


def _usual(taken: Any, items: Singles, alpha: float) -> Singles:
    """Return what the items of an average user add to the system."""
    weights = np.asarray(taken.sum(axis=0)).ravel() * np.float32(alpha / max(1, taken.shape[0]))
    return ((items * weights[:, None]).T @ items).astype(np.float32)


def _solved(taken: Any, others: Singles, settings: Settings) -> Singles:
    """Return the factors of the rows, given those of the columns."""
    n_factors = others.shape[1]
    gram = others.T @ others
    gram[np.diag_indices_from(gram)] += np.float32(settings["penalty"])
    lengths = np.diff(taken.indptr)
    found = np.zeros((taken.shape[0], n_factors), np.float32)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    for rows in _lots(order, lengths, n_factors):
        longest = int(lengths[rows].max())
        place = taken.indptr[rows][:, None] + np.arange(longest)[None, :]
        is_there = np.arange(longest)[None, :] < lengths[rows][:, None]
        place = np.where(is_there, place, 0)
        near = others[taken.indices[place]] * is_there[:, :, None]
        weights = np.float32(settings["alpha"]) * taken.data[place] * is_there
        left = gram + (near * weights[:, :, None]).transpose(0, 2, 1) @ near
        right = np.einsum("rlf,rl->rf", near, weights + is_there, dtype=np.float32)
        found[rows] = np.linalg.solve(left, right[:, :, None])[:, :, 0]
    return found


def _lots(order: Integers, lengths: Integers, n_factors: int) -> list[Integers]:
    """Put rows of about the same length together, as many as fit into memory."""
    lots, start = [], 0
    while start < len(order):
        size = max(1, int(_MOST_CELLS // (n_factors * max(n_factors, int(lengths[order[start]])))))
        end = min(len(order), start + size)
        while end > start + 1 and lengths[order[end - 1]] > 2 * lengths[order[start]] + 8:
            end = start + (end - start + 1) // 2
        lots.append(order[start:end])
        start = end
    return lots


def _at(users: Floats, items: Floats, entries: Any) -> Floats:
    """Return the products of users and items where a sparse matrix has entries, in their order."""
    found = np.empty(entries.nnz)
    owners = np.repeat(np.arange(entries.shape[0]), np.diff(entries.indptr))
    for start in range(0, entries.nnz, _MOST_ENTRIES):
        at = slice(start, start + _MOST_ENTRIES)
        found[at] = np.einsum("ef,ef->e", users[owners[at]], items[entries.indices[at]])
    return found


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Folded(FittedRecommender):
    """Factors of items, (n_kept, n_factors), and what solves for a user: steps of conjugate gradients.

    `gram` and `start` have shape (n_factors, n_factors): the system of who took nothing, and the inverse of
    an average one. In the program sums over factors are products with ones, which round alike for a row alone
    and in a batch; here the steps are taken in doubles, as each makes more of what the one before rounded.
    """

    items: Singles
    gram: Singles
    start: Singles
    alpha: np.float32
    n_items: int

    def scores(self, asked: Histories) -> Singles:
        n_kept, items = len(self.items), self.items.astype(np.float64)
        weights = matrix(asked)[:, :n_kept].tocsr().astype(np.float64)
        weights.data *= float(self.alpha)
        present = weights.copy()
        present.data = np.ones_like(present.data)
        rest = (weights + present) @ items
        user = np.zeros_like(rest)
        step = near = rest @ self.start
        worth = (rest * near).sum(axis=1, keepdims=True)
        for _ in range(_N_STEPS):
            given = weights.copy()
            given.data = weights.data * _at(step, items, weights)
            moved = step @ self.gram + given @ items
            rate = worth / np.maximum((step * moved).sum(axis=1, keepdims=True), _TINY)
            user, rest = user + rate * step, rest - rate * moved
            near = rest @ self.start
            again = (rest * near).sum(axis=1, keepdims=True)
            step = near + again / np.maximum(worth, _TINY) * step
            worth = again
        found = np.zeros((asked.n_users, asked.n_items), np.float32)
        found[:, :n_kept] = user.astype(np.float32) @ self.items.T
        return found

    def lower(self, graph: Graph, given: Given) -> str:
        n_kept, n_factors = self.items.shape
        items, across = graph.constant(self.items), graph.constant(self.items.T)
        gram, start = graph.constant(self.gram), graph.constant(self.start)
        ones, tiny = graph.constant(np.ones((n_factors, 1))), graph.constant(_TINY)
        dense = first_columns(graph, given.dense, n_kept)
        weights = graph.add("Mul", dense, graph.constant(self.alpha))
        is_there = graph.add("Cast", graph.add("Less", graph.constant(0.0), dense), to=np.dtype(np.float32))

        def dot(one: str, other: str) -> str:
            return graph.add("MatMul", graph.add("Mul", one, other), ones)

        def share(one: str, other: str) -> str:
            return graph.add("Div", one, graph.add("Max", other, tiny))

        rest = graph.add("MatMul", graph.add("Add", weights, is_there), items)
        near = graph.add("MatMul", rest, start)
        step, worth, user = near, dot(rest, near), ""
        for number in range(_N_STEPS):
            drawn = graph.add("Mul", graph.add("MatMul", step, across), weights)
            moved = graph.add("Add", graph.add("MatMul", step, gram), graph.add("MatMul", drawn, items))
            rate = share(worth, dot(step, moved))
            gone = graph.add("Mul", rate, step)
            user = graph.add("Add", user, gone) if user else gone
            if number + 1 < _N_STEPS:
                rest = graph.add("Sub", rest, graph.add("Mul", rate, moved))
                near = graph.add("MatMul", rest, start)
                again = dot(rest, near)
                step = graph.add("Add", near, graph.add("Mul", share(again, worth), step))
                worth = again
        found = graph.add("MatMul", user, across)
        empty = graph.add("Expand", graph.constant(np.zeros((1, self.n_items + 1 - n_kept))), given.n_rows)
        return graph.add("Concat", found, empty, axis=1)
