"""Trees: what every ensemble of decision trees becomes, whichever library grew it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.graph import ML
from mlwright.core.learner import FittedModel, Matrix
from mlwright.core.part import Splits

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Singles
    from mlwright.core.graph import Graph


_WALKERS = 200_000
"""Pairs of row and tree that walk at the same time."""


@final
@dataclass(frozen=True)
class Trees(FittedModel):
    """Binary trees whose values are added up; all arrays run over the nodes of all trees.

    A row goes left at node i when `x[feature[i]] <= threshold[i]` (single precision) or, where x is
    missing, when `missing_left[i]`; where `is_equal[i]`, when it equals the threshold. `left` and `right`
    are node numbers, and nodes of one tree may share a child; a leaf has `feature` -1.
    `values`, shape (n_nodes, width), are what leaves give; tree t adds them to the scores from
    `target[t]` on. `roots` holds the first node of each tree; `cover` tells how many training rows came
    to each leaf, and is 0 elsewhere.
    """

    feature: Array
    threshold: Singles
    missing_left: Array
    left: Array
    right: Array
    values: Singles
    roots: Array
    target: Array
    n_scores: int
    is_equal: Array
    cover: Singles
    is_answer: bool = False
    n_nodes: int = 0

    @classmethod
    def join(
        cls, parts: list[dict[str, Array]], target: Array, n_scores: int, *, is_answer: bool = False
    ) -> Trees:
        """Put single trees together, each a mapping of the fields above with nodes counted from 0.

        Thresholds are double precision; `target`, shape (n_trees,), is as above. Without `is_equal`
        all nodes compare by order.
        """
        for part in parts:
            part.setdefault("is_equal", np.zeros(len(part["feature"]), dtype=bool))
        sizes = [len(part["feature"]) for part in parts]
        roots = np.cumsum([0, *sizes[:-1]]).astype(np.int64)
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        shift = np.repeat(roots, sizes)
        return cls(
            n_nodes=len(shift),
            feature=joined["feature"].astype(np.int32),
            threshold=round_down(joined["threshold"]),
            missing_left=joined["missing_left"],
            left=joined["left"] + shift,
            right=joined["right"] + shift,
            values=joined["values"].astype(np.float32),
            roots=roots,
            target=target,
            n_scores=n_scores,
            is_equal=joined["is_equal"],
            cover=joined["cover"].astype(np.float32),
            is_answer=is_answer,
        )

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.roots)

    def scores(self, matrix: Matrix) -> Floats:
        """Add up the leaves that each row reaches, shape (n_rows, n_scores)."""
        dense = matrix.dense
        total = np.zeros((len(dense), self.n_scores))
        width = self.values.shape[1]
        step = max(1, _WALKERS // max(1, len(dense)))
        for start in range(0, self.n_trees, step):
            leaves = self._leaves(dense, self.roots[start : start + step])
            for tree, target in enumerate(self.target[start : start + step]):
                total[:, target : target + width] += self.values[leaves[:, tree]]
        return total

    def _leaves(self, dense: Singles, roots: Array) -> Array:
        """Walk all rows down some trees at once; return the leaves reached, (n_rows, n_roots)."""
        node = np.tile(roots, len(dense))
        row = np.repeat(np.arange(len(dense)), len(roots))
        walking = np.flatnonzero(self.feature[node] >= 0)
        while len(walking):
            at = node[walking]
            x = dense[row[walking], self.feature[at]]
            threshold = self.threshold[at]
            known_left = np.where(self.is_equal[at], x == threshold, x <= threshold)
            goes_left = np.where(np.isnan(x), self.missing_left[at], known_left)
            there = np.where(goes_left, self.left[at], self.right[at])
            node[walking] = there
            walking = walking[self.feature[there] >= 0]
        return node.reshape(len(dense), len(roots))

    def lower(self, graph: Graph, dense: str, terms: str) -> str:
        """Write the trees as one TreeEnsembleRegressor, and note that it can be explained by its splits.

        The runtime lets nodes share a child: chains of equalities are how it knows sets of categories.
        `cover` stands where ONNX has a place for it; answers do not depend on it.
        """
        del terms
        sizes = np.diff([*self.roots, len(self.feature)])
        tree_of = np.repeat(np.arange(self.n_trees), sizes)
        number = np.arange(len(self.feature)) - np.repeat(self.roots, sizes)
        is_leaf = self.feature < 0
        first = np.repeat(self.roots, sizes)
        leaves = np.flatnonzero(is_leaf)
        modes = np.where(is_leaf, "LEAF", np.where(self.is_equal, "BRANCH_EQ", "BRANCH_LEQ"))
        width = self.values.shape[1]
        scores = graph.add(
            "TreeEnsembleRegressor",
            dense,
            domain=ML,
            n_targets=self.n_scores,
            aggregate_function="SUM",
            post_transform="NONE",
            nodes_treeids=tree_of.tolist(),
            nodes_nodeids=number.tolist(),
            nodes_featureids=np.where(is_leaf, 0, self.feature).tolist(),
            nodes_values=self.threshold.tolist(),
            nodes_hitrates=self.cover.tolist(),
            nodes_modes=modes.tolist(),
            nodes_truenodeids=np.where(is_leaf, 0, self.left - first).tolist(),
            nodes_falsenodeids=np.where(is_leaf, 0, self.right - first).tolist(),
            nodes_missing_value_tracks_true=np.where(is_leaf, 0, self.missing_left).astype(int).tolist(),
            target_treeids=np.repeat(tree_of[leaves], width).tolist(),
            target_nodeids=np.repeat(number[leaves], width).tolist(),
            target_ids=(self.target[tree_of[leaves]][:, None] + np.arange(width)).ravel().tolist(),
            target_weights=self.values[leaves].ravel().tolist(),
        )
        graph.parts.append(Splits(reads=dense, scores=scores, is_answer=self.is_answer))
        return scores

    def edges(self, n_dense: int) -> list[Floats]:
        """Return the thresholds on each feature; beside equal ones nothing jumps for codes."""
        found = []
        for column in range(n_dense):
            here = self.threshold[(self.feature == column) & ~self.is_equal]
            found.append(np.unique(here).astype(np.float64))
        return found


def round_down(thresholds: Floats) -> Singles:
    """Round to single precision towards minus infinity.

    Then `x <= threshold` decides for every single-precision x exactly as it did in double precision.
    """
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    too_big = rounded.astype(np.float64) > thresholds
    return np.where(too_big, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def probe_rows(model: FittedModel, dense: Singles, seed: int, n_rows: int = 200) -> Singles:
    """Make rows that test a translation: known rows with cells moved onto thresholds or emptied."""
    rng = np.random.default_rng(seed)
    rows = dense[rng.integers(0, len(dense), n_rows)].copy()
    if dense.shape[1] == 0:
        return rows
    for column, edges in enumerate(model.edges(dense.shape[1])):
        chosen = rng.random(n_rows) < 0.3
        if len(edges):
            there = rng.choice(edges, n_rows).astype(np.float32)
            side = rng.integers(-1, 2, n_rows)
            below = np.nextafter(there, np.float32(-np.inf))
            above = np.nextafter(there, np.float32(np.inf))
            moved = np.where(side < 0, below, np.where(side > 0, above, there))
            rows[chosen, column] = moved[chosen]
        rows[rng.random(n_rows) < 0.05, column] = np.nan
    return rows
