"""Trees laid out for a walk without branches: the right child of every node stands beside the left one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Integers, Singles
    from mlwright.core.trees import Trees

ZERO, AS_IS, MISSING_LOWEST = 0, 1, 2
"""What a column holds: 0 in every row, a feature, or a feature with -inf where it is missing."""


@final
@dataclass(frozen=True)
class Pairs:
    """The nodes of all trees; a row at node i goes on to `kid[i]`, or to the one beside it.

    It goes to `kid[i]` where `low[i] <= x <= high[i]`, x being its cell in column `column[i]`: an equality is
    an interval of one number. Column c holds feature `feature[c]` as `holds[c]` says, so that a missing cell
    goes right or left as a node wants it. Leaves stay where they are. `value`, shape (n_nodes, width), is
    what a row gets that is there after `depth[t]` steps from `root[t]`, for the scores from `target[t]` on.
    """

    column: Integers
    low: Singles
    high: Singles
    kid: Integers
    value: Singles
    root: Integers
    depth: Integers
    target: Integers
    feature: Integers
    holds: Integers
    n_scores: int


def pairs_of(trees: Trees) -> Pairs | None:
    """Lay out trees; None if one asks a missing cell whether it equals something, which a walk cannot say."""
    if (trees.is_equal & trees.missing_left).any():
        return None
    node, kid, points = _slots(trees)
    tree = np.searchsorted(trees.roots, node, "right") - 1
    order = np.argsort(tree, kind="stable")  # a tree's nodes side by side
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    node, points, kid = node[order], points[order], place[kid[order]]
    splits = (trees.feature[node] >= 0) & ~points
    wide = np.where(splits, 2 * trees.feature[node].astype(np.int64) + trees.missing_left[node] + 1, 0)
    kept, column = np.unique(np.append(wide, 0), return_inverse=True)
    infinite = np.float32(np.inf)
    return Pairs(
        column=column[:-1].astype(np.uint32),
        low=np.where(splits & trees.is_equal[node], trees.threshold[node], -infinite),
        high=np.where(splits, trees.threshold[node], infinite),
        kid=kid.astype(np.uint32),
        value=np.ascontiguousarray(trees.values[node]),
        root=place[: len(trees.roots)].astype(np.uint32),
        depth=_depths(place[: len(trees.roots)], kid, points, tree[order]),
        target=trees.target.astype(np.int64),
        feature=np.maximum(kept - 1, 0) // 2,
        holds=np.where(kept == 0, ZERO, np.where(kept % 2 == 1, AS_IS, MISSING_LOWEST)),
        n_scores=trees.n_scores,
    )


def _slots(trees: Trees) -> tuple[Integers, Integers, Array]:
    """Return which node stands in each slot, the slot it goes on to, and whether it only points there.

    Slots are given out level by level. Nodes may share a child, as chains of equalities do: it stands once,
    and where it would stand again there is a slot from which every row goes on to it.
    """
    slot_of = np.full(len(trees.feature), -1, np.int64)
    found: list[tuple[Integers, Integers, Array]] = []
    level, n_slots = trees.roots.astype(np.int64), 0
    while len(level):
        slots = n_slots + np.arange(len(level))
        n_slots += len(level)
        is_new = np.zeros(len(level), bool)
        is_new[np.unique(level, return_index=True)[1]] = True
        is_new &= slot_of[level] < 0
        slot_of[level[is_new]] = slots[is_new]
        splits = is_new & (trees.feature[level] >= 0)
        kid = slot_of[level]
        kid[splits] = n_slots + 2 * np.arange(splits.sum())
        found.append((level, kid, ~is_new))
        above = level[splits]
        level = np.stack([trees.left[above], trees.right[above]], axis=1).ravel()
    node, kid, points = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return node, kid, points


def _depths(roots: Integers, kid: Integers, points: Array, tree: Integers) -> Integers:
    """Return after how many steps every row has come to a leaf, for each tree."""
    depth = np.zeros(len(roots), np.int64)
    level = roots
    while len(level):
        level = level[kid[level] != level]
        depth[np.unique(tree[level])] += 1
        level = np.unique(np.concatenate([kid[level], kid[level[~points[level]]] + 1]))
    return depth
