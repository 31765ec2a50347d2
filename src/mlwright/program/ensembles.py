"""Looks at the lists of a tree ensemble before native code does: what `core.trees` lowers and nothing else.

The runtime walks from node to node by the numbers that stand there, so each must be one of a node, of a
feature or of a score; and it builds a tree by calling itself once per level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.program.message import MODES

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Integers

_LEAF = MODES.index("LEAF")
_DEEPEST = 4_096
"""Levels. A thread has a stack of some 8 MB; our trees have up to some hundred."""
_MOST_SCORES = 100_000
_OF_NODES = (
    "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids",
    "nodes_falsenodeids", "nodes_missing_value_tracks_true",
)  # fmt: skip
_OF_LEAVES = ("target_treeids", "target_nodeids", "target_ids", "target_weights")
_COVER = "nodes_hitrates"
"""Models made before they could explain themselves have none."""


def verify_trees(attributes: dict[str, Any], n_features: int) -> int:
    """Return how many scores the trees give; raise ArtifactError if they are not as ours are.

    Parameters
    ----------
    attributes
        Of a TreeEnsembleRegressor, as `read_message` gives them.
    """
    lists = {name: attributes.get(name) for name in (*_OF_NODES, *_OF_LEAVES, _COVER)}
    n_scores = attributes.get("n_targets")
    rest = {name: value for name, value in attributes.items() if name not in lists}
    if rest != {"n_targets": n_scores, "aggregate_function": "SUM", "post_transform": "NONE"}:
        raise _unlike("has settings that mlwright does not write")
    if not isinstance(n_scores, int) or not 0 < n_scores <= _MOST_SCORES:
        raise _unlike(f"gives {n_scores} scores")
    if lists[_COVER] is None:
        lists[_COVER] = np.zeros(len(_or_none(lists["nodes_values"])), np.float32)
    for names in ((*_OF_NODES, _COVER), _OF_LEAVES):
        sizes = {len(_or_none(lists[name])) for name in names}
        if len(sizes) != 1 or 0 in sizes:
            raise _unlike("has lists of different lengths")
    _check_nodes(lists, n_features)
    _check_leaves(lists, n_scores)
    return n_scores


def _check_nodes(lists: dict[str, Any], n_features: int) -> None:
    tree_of, is_leaf = lists["nodes_treeids"], lists["nodes_modes"] == _LEAF
    steps = np.diff(tree_of, prepend=-1)
    roots = np.flatnonzero(steps)
    sizes = np.diff([*roots, len(tree_of)])
    first = np.repeat(roots, sizes)
    if tree_of[0] != 0 or ((steps != 0) & (steps != 1)).any():
        raise _unlike("has trees that are not numbered in their order")
    if not np.array_equal(lists["nodes_nodeids"], np.arange(len(tree_of)) - first):
        raise _unlike("has nodes that are not numbered in their order")
    if not _within(lists["nodes_featureids"], n_features):
        raise _unlike(f"splits by a feature beyond the {n_features} that it reads")
    if not _within(lists["nodes_missing_value_tracks_true"], 2):
        raise _unlike("sends missing values neither left nor right")
    numbers = [lists[name][~is_leaf] for name in ("nodes_truenodeids", "nodes_falsenodeids")]
    if not all(_within(below, np.repeat(sizes, sizes)[~is_leaf]) for below in numbers):
        raise _unlike("refers to a node that it does not have")
    if np.isnan(lists["nodes_values"]).any() or not np.isfinite(lists["target_weights"]).all():
        raise _unlike("compares with, or adds up, what is no number")
    if not (np.isfinite(lists[_COVER]) & (lists[_COVER] >= 0)).all():
        raise _unlike("counts training rows in what is no count")
    splits = np.flatnonzero(~is_leaf)
    _check_heights(len(tree_of), splits, [first[splits] + below for below in numbers])


def _check_heights(n_nodes: int, splits: Integers, below: list[Integers]) -> None:
    """Refuse nodes that are their own descendants, and trees that are too deep.

    From the leaves up: a split is done when both nodes below it are. Nodes may share a child.
    """
    children, parents = np.concatenate(below), np.concatenate([splits, splits])
    order = np.argsort(children, kind="stable")
    parents = parents[order]
    starts = np.searchsorted(children[order], np.arange(n_nodes + 1))
    waits_for = np.zeros(n_nodes, np.int8)
    waits_for[splits] = 2
    n_left, done = len(splits), np.flatnonzero(waits_for == 0)
    for _ in range(_DEEPEST):
        above, n_times = np.unique(parents[_ranges(starts[done], starts[done + 1])], return_counts=True)
        waits_for[above] -= n_times.astype(np.int8)
        done = above[waits_for[above] == 0]
        n_left -= len(done)
        if not len(done):
            break
    if n_left:
        raise _unlike(f"has a node below itself, or more than {_DEEPEST:,} levels")


def _ranges(starts: Integers, ends: Integers) -> Integers:
    """Return all numbers from each start up to its end."""
    sizes = ends - starts
    offsets = np.cumsum(sizes) - sizes
    found: Integers = np.repeat(starts - offsets, sizes) + np.arange(sizes.sum())
    return found


def _check_leaves(lists: dict[str, Any], n_scores: int) -> None:
    """Refuse values that are not those of all leaves in their order, of each as many scores in a row."""
    leaves = np.flatnonzero(lists["nodes_modes"] == _LEAF)
    trees, nodes, scores = (lists[name] for name in _OF_LEAVES[:3])
    width, n_more = divmod(len(scores), max(1, len(leaves)))
    of_leaf = np.repeat(leaves, width)
    if n_more or not width or not np.array_equal(nodes, lists["nodes_nodeids"][of_leaf]):
        raise _unlike("has leaves without values, or values without leaves")
    if not np.array_equal(trees, lists["nodes_treeids"][of_leaf]):
        raise _unlike("has leaves without values, or values without leaves")
    table = scores.reshape(-1, width)
    if not _within(table, n_scores) or (np.diff(table, axis=1) != 1).any():
        raise _unlike(f"adds to a score beyond the {n_scores} that it gives")


def _within(numbers: Array, limit: int | Array) -> bool:
    return bool(((numbers >= 0) & (numbers < limit)).all())


def _or_none(value: Any) -> Array:
    """Return the list; an empty one in place of what is none."""
    return value if isinstance(value, np.ndarray) else np.zeros(0)


def _unlike(what: str) -> ArtifactError:
    return ArtifactError(f"program.onnx holds an ensemble of trees that {what}.")
