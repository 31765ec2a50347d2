"""Reads what an explanation needs out of a program: constants, and trees with their covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.trees import Trees
from mlwright.program.message import MODES, read_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array

_LEAF, _EQUAL = MODES.index("LEAF"), MODES.index("BRANCH_EQ")


@final
class Nodes:
    """The constants and the trees of a program that has been verified, found by name."""

    def __init__(self, data: bytes) -> None:
        graph = read_message(data).graph
        self._constants = graph.constants
        self._trees = {
            node.outputs[0]: node.attributes for node in graph.nodes if node.op == "TreeEnsembleRegressor"
        }

    def constant(self, name: str) -> Array:
        """Return a constant; raise ArtifactError if there is none of that name."""
        if name not in self._constants:
            raise _unlike(name)
        return self._constants[name]

    def trees(self, name: str) -> Trees:
        """Return the trees that give this value; raise ArtifactError if there are none."""
        if name not in self._trees or "nodes_hitrates" not in self._trees[name]:
            raise _unlike(name)
        return _as_trees(self._trees[name])


def _as_trees(lists: Mapping[str, Any]) -> Trees:
    tree_of, is_leaf = lists["nodes_treeids"], lists["nodes_modes"] == _LEAF
    roots = np.flatnonzero(np.diff(tree_of, prepend=-1))
    first = np.repeat(roots, np.diff([*roots, len(tree_of)]))
    leaves = roots[lists["target_treeids"]] + lists["target_nodeids"]
    order = np.flatnonzero(np.diff(leaves, prepend=-1))
    width = len(leaves) // len(order)
    values = np.zeros((len(tree_of), width), np.float32)
    values[leaves[order]] = lists["target_weights"].reshape(-1, width)
    target = np.zeros(len(roots), np.int64)
    target[lists["target_treeids"][order]] = lists["target_ids"][order]
    return Trees(
        feature=np.where(is_leaf, -1, lists["nodes_featureids"]).astype(np.int32),
        threshold=lists["nodes_values"],
        missing_left=lists["nodes_missing_value_tracks_true"].astype(bool),
        left=lists["nodes_truenodeids"] + first,
        right=lists["nodes_falsenodeids"] + first,
        values=values,
        roots=roots,
        target=target,
        n_scores=int(lists["target_ids"].max()) + 1,
        is_equal=lists["nodes_modes"] == _EQUAL,
        cover=lists["nodes_hitrates"],
        n_nodes=len(tree_of),
    )


def _unlike(name: str) -> ArtifactError:
    message = f"program.onnx says that it can be explained by {name[:40]!r}, but does not hold that."
    return ArtifactError(message)
