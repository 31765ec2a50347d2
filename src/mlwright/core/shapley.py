"""Exact Shapley values of trees: how much each player moved the sum of the leaves, for one row.

The value of a set of players is what the trees give on average when they alone are known: where a split
asks another one, both branches count, as the training rows went ("path-dependent"; Lundberg et al. 2020,
"From local explanations to global understanding with explainable AI for trees"). A leaf then gives a
product over the players on its path, `o` if the player is known (1 if the row goes that way, else 0) and
`z` if not (the share of training rows that do), and Shapley's weights are an integral over t in [0, 1]:

    phi_j = value * (o_j - z_j) * integral of prod_(i != j) (t o_i + (1 - t) z_i) dt

The integrand is a polynomial, so Gauss' rule with half as many points as there are players on a path is
exact. Paths share their beginnings: products go down the trees once and sums come up once, for all trees
side by side, one level after the other. Source: Owen 1972 (the integral); Yu et al. 2022, "Linear
TreeSHAP" (sums along the edges); the quadrature and the levels are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.edges import Edges, Splitting
from mlwright.core.quadrature import gauss

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.trees import Trees

_POINTS = (1, 2, 4, 8, 16, 32, 64, 128)
"""Sizes of Gauss' rules; trees are grouped by the smallest that is exact for them."""


@final
@dataclass(frozen=True, slots=True)
class _Group:
    """Trees with one rule.

    `ratios`, shape (3 n_edges, n_points), is a table over three cases: the row goes this way (0), did until
    here (1), had left the path of this player before (2). `weights` is one over the first two, and a last
    line of zeros for the third.
    `values`, shape (width, n_edges, n_points), are those of the leaves, 0 elsewhere; none if there is one
    per leaf, which is then a factor in `ratios`.

    Single precision halves the time; amounts differ by less than 1e-6 of the largest. What is written here
    as flat products of whole arrays is so because short inner loops would take several times as long; fresh
    arrays of this size would come from the system page by page, which takes as long as the sums.
    """

    edges: Edges
    slots: Integers
    values: Singles
    ratios: Singles
    weights: Singles

    def amounts(self, goes_left: Array, n_slots: int, scratch: _Scratch) -> Floats:
        """Return the sums over the slots, shape (width, n_slots)."""
        edges, n_points = self.edges, self.ratios.shape[1]
        products, weights, few = scratch.shaped(len(edges.above), n_points)
        case = edges.cases(goes_left)
        self.ratios.take(case, axis=0, out=products, mode="clip")
        for start, end in edges.spans[1:]:
            middle = (start + end) // 2
            before = products.take(edges.above[start:middle], axis=0, out=few[: middle - start], mode="clip")
            products[start:middle] *= before
            products[middle:end] *= before
        self.weights.take(np.minimum(case, len(self.weights) - 1), axis=0, out=weights, mode="clip")
        ones = np.ones(n_points, np.float32)
        found = []
        for values in self.values if len(self.values) else [None]:
            sums = products if values is None else products * values
            for start, end in edges.spans[:0:-1]:
                middle = (start + end) // 2
                both = np.add(sums[start:middle], sums[middle:end], out=few[: middle - start])
                _lines(sums)[edges.above[start:middle]] = _lines(both)
            sums *= weights
            found.append(np.bincount(self.slots, sums @ ones, minlength=n_slots))
        return np.stack(found)


def _lines(table: Singles) -> Array:
    """Look at each line of a table as one cell: those are put elsewhere twice as fast."""
    return table.view(np.dtype((np.void, table.itemsize * table.shape[1])))[:, 0]


@final
class _Scratch:
    """Memory for what a group of trees computes, up to `n_cells`, used again for the next row."""

    def __init__(self, n_cells: int) -> None:
        self._cells = [np.empty(n_cells, np.float32) for _ in range(3)]

    def shaped(self, n_edges: int, n_points: int) -> list[Singles]:
        """Return three tables of shape (n_edges, n_points)."""
        return [cells[: n_edges * n_points].reshape(n_edges, n_points) for cells in self._cells]


@final
class Forest:
    """Trees that are explained: a player for each feature, and what they give when nothing is known.

    `base` has shape (n_scores,).
    """

    def __init__(self, trees: Trees, owners: Integers, n_players: int) -> None:
        self._splitting = Splitting.of(trees)
        self._n_players, self._n_scores = n_players, trees.n_scores
        whole = Edges.of(trees, self._splitting, owners, trees.roots)
        self.base = whole.base(trees)
        points = np.array(_POINTS)[np.searchsorted(2 * np.array(_POINTS), whole.most_players(trees.n_trees))]
        self._groups = [
            self._group(trees, owners, int(n), trees.roots[points == n]) for n in np.unique(points)
        ]
        self._n_cells = max((group.ratios.size // 3 for group in self._groups), default=0)
        self._spare: list[_Scratch] = []  # as many as threads ever were here at the same time

    def amounts(self, row: Singles) -> Floats:
        """Return how much each player moved each score, shape (n_scores, n_players)."""
        goes_left = self._splitting.goes_left(row)
        total = np.zeros((self._n_scores, self._n_players))
        try:  # asking first whether there is one would let another thread take it in between
            scratch = self._spare.pop()
        except IndexError:
            scratch = _Scratch(self._n_cells)
        for group in self._groups:
            found = group.amounts(goes_left, self._n_scores * self._n_players, scratch)
            for column, those in enumerate(found.reshape(len(found), *total.shape)):
                total[column:] += those[: len(total) - column]
        self._spare.append(scratch)
        return total

    def _group(self, trees: Trees, owners: Integers, n_points: int, roots: Integers) -> _Group:
        edges = Edges.of(trees, self._splitting, owners, roots)
        t, share = gauss(n_points)
        z = edges.shares[:, None]
        before = np.where(edges.same < 0, 1.0, edges.shares[edges.same])[:, None]
        # Factors of the player on this path: if the row goes it, and if not; then the same before this edge.
        on, off = t + (1.0 - t) * z, (1.0 - t) * z
        is_new = (edges.same < 0)[:, None]
        on_before, off_before = np.where(is_new, 1.0, t + (1.0 - t) * before), (1.0 - t) * before
        ratios = np.concatenate([on / on_before, off / on_before, off / off_before])
        known = share * (1.0 - before) / on_before
        none = np.zeros((1, n_points))
        weights = np.concatenate([share * (1.0 - z) / on - known, -share * z / off - known, none])
        values = edges.values
        if values.shape[1] == 1:  # then a leaf's value can stand in the table
            ratios *= np.tile(np.where(edges.is_leaf[:, None], values, 1.0), (3, 1))
            values = values[:, :0]
        wide = np.repeat(values.T[:, :, None], n_points, axis=2).astype(np.float32)
        slots = edges.targets * self._n_players + edges.players
        return _Group(edges, slots, wide, ratios.astype(np.float32), weights.astype(np.float32))
