"""Trees laid out for a walk without branches: the right child of every node stands beside the left one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Integers, Singles
    from mlwright.core.trees import Trees

ZERO, AS_IS, MISSING_LOWEST, CODE = 0, 1, 2, 3
"""What a column holds: 0 in every row, a feature, one with -inf where it is missing, or 2 to its power."""
N_CODES = 64
"""A set of codes from 0 on is the bits of one number; a chain of equalities asks for others."""
_N_WAYS = 4


@final
@dataclass(frozen=True)
class Pairs:
    """The nodes of all trees; a row at node i goes on to `kid[i]`, or to the one beside it.

    It goes to `kid[i]` where `low[i] <= x <= high[i]`, x being its cell in column `column[i]`: an equality is
    an interval of one number. Of a column of codes, x is one bit, and it goes to `kid[i]` where `members[i]`
    has that bit; there `high[i]` is NaN, and elsewhere `members[i]` is 0. Column c holds feature `feature[c]`
    as `holds[c]` says, so that a missing cell goes right or left as a node wants it. Leaves stay where they
    are. `value`, shape (n_nodes, width), is what a row gets that is there after `depth[t]` steps from
    `root[t]`, for the scores from `target[t]` on.
    """

    column: Integers
    low: Singles
    high: Singles
    members: Array
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
    trees, members = _joined(trees)
    node, kid, points = _slots(trees)
    tree = np.searchsorted(trees.roots, node, "right") - 1
    order = np.argsort(tree, kind="stable")  # a tree's nodes side by side
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    node, points, kid = node[order], points[order], place[kid[order]]
    splits = (trees.feature[node] >= 0) & ~points
    asked = np.where(splits, members[node], 0).astype(np.uint64)
    how = np.where(asked > 0, CODE, np.where(trees.missing_left[node], MISSING_LOWEST, AS_IS))
    wide = np.where(splits, _N_WAYS * trees.feature[node].astype(np.int64) + how, 0)
    kept, column = np.unique(np.append(wide, 0), return_inverse=True)
    infinite = np.float32(np.inf)
    high = np.where(asked > 0, np.float32(np.nan), trees.threshold[node])
    return Pairs(
        column=column[:-1].astype(np.uint32),
        low=np.where(splits & trees.is_equal[node] & (asked == 0), trees.threshold[node], -infinite),
        high=np.where(splits, high, infinite),
        members=asked,
        kid=kid.astype(np.uint32),
        value=np.ascontiguousarray(trees.values[node]),
        root=place[: len(trees.roots)].astype(np.uint32),
        depth=_depths(place[: len(trees.roots)], kid, points, tree[order]),
        target=trees.target.astype(np.int64),
        feature=kept // _N_WAYS,
        holds=kept % _N_WAYS,
        n_scores=trees.n_scores,
    )


def _joined(trees: Trees) -> tuple[Trees, Array]:
    """Make one node of each chain of equalities; return the codes that go left there as bits, 0 elsewhere."""
    code = trees.threshold
    is_code = (
        (trees.feature >= 0) & trees.is_equal & (code >= 0) & (code < N_CODES) & (code == np.floor(code))
    )
    members = np.where(is_code, np.uint64(1) << np.where(is_code, code, 0).astype(np.uint64), np.uint64(0))
    right = trees.right.copy()

    def goes_on() -> Array:
        same = (trees.feature[right] == trees.feature) & (trees.left[right] == trees.left)
        return np.flatnonzero(is_code & is_code[right] & same)

    while len(at := goes_on()):
        members[at] |= members[right[at]]
        right[at] = right[right[at]]
    return replace(trees, right=right), members


def are_codes(values: Array) -> Array:
    """Tell which of the numbers have a bit of their own."""
    found: Array = (values >= 0) & (values < N_CODES) & (values == np.floor(values))
    return found


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
