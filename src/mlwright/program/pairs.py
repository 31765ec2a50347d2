"""Trees laid out for a walk without branches: the right child of every node stands beside the left one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Integers, Singles
    from mlwright.core.trees import Trees

_AS_IS, _MISSING_LOWEST, _CODE = 0, 1, 2
"""What a column holds: a feature, one with -inf where it is missing, or codes from 0 to 31 as bits of a word.

Codes from 32 on are bits of the next word, which has a column of its own, and so on.
"""
_N_BITS, _N_WORDS = 32, 2**20
_N_WAYS = _CODE + _N_WORDS
_ALL = np.uint32(2**32 - 1)


@final
@dataclass(frozen=True)
class Pairs:
    """The nodes of all trees: column, mask, limit and kid of each, shape (n_nodes, 4).

    A row at a node goes on to its kid, or to the one beside it where `x & mask > limit`, x being its cell in
    that column. So one comparison tells numbers, whose keys are in their order, and sets: what has one of
    these bits. Leaves stay where they are. `value`, shape (n_nodes, width), is what a row gets that is there
    after `depth[t]` steps from `root[t]`, for the scores from `target[t]` on. Column c holds feature
    `feature[c]` as `holds[c]` says.
    """

    nodes: Array
    value: Singles
    root: Array
    depth: Integers
    target: Integers
    feature: Integers
    holds: Integers
    n_scores: int

    def cells(self, rows: Singles) -> Array:
        """Return what columns hold, shape (n_rows, n_columns), of rows of shape (n_rows, n_features)."""
        found = np.empty((len(rows), len(self.feature)), np.uint32)
        for column, (feature, how) in enumerate(zip(self.feature, self.holds, strict=True)):
            cells = rows[:, feature]
            if how == _MISSING_LOWEST:
                cells = np.where(np.isnan(cells), np.float32(-np.inf), cells)
            found[:, column] = _bits(cells, how - _CODE) if how >= _CODE else _keys(cells)
        return found


def pairs_of(trees: Trees) -> Pairs | None:
    """Lay out trees; None if one asks whether a cell equals what is no code, or is missing."""
    is_set = (trees.feature >= 0) & trees.is_equal
    if (is_set & (trees.missing_left | ~_are_codes(trees.threshold))).any():
        return None
    trees, word, members = _joined(trees, is_set)
    node, kid, points = _slots(trees)
    tree = np.searchsorted(trees.roots, node, "right") - 1
    order = np.argsort(tree, kind="stable")  # a tree's nodes side by side
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    node, points, kid = node[order], points[order], place[kid[order]]
    splits, asks = (trees.feature[node] >= 0) & ~points, is_set[node]
    how = np.where(asks, _CODE + word[node], np.where(trees.missing_left[node], _MISSING_LOWEST, _AS_IS))
    wide = np.where(splits, _N_WAYS * trees.feature[node].astype(np.int64) + how, 0)
    kept, column = np.unique(wide, return_inverse=True)
    mask = np.where(splits, np.where(asks, members[node], _ALL), 0)
    limit = np.where(splits & ~asks, _keys(trees.threshold[node]), 0)
    return Pairs(
        nodes=np.stack([column, mask, limit, kid], axis=1).astype(np.uint32),
        value=np.ascontiguousarray(trees.values[node]),
        root=place[: len(trees.roots)].astype(np.uint32),
        depth=_depths(place[: len(trees.roots)], kid, points, tree[order]),
        target=trees.target.astype(np.int64),
        feature=kept // _N_WAYS,
        holds=kept % _N_WAYS,
        n_scores=trees.n_scores,
    )


def _joined(trees: Trees, is_set: Array) -> tuple[Trees, Integers, Array]:
    """Make one node of the codes of a chain of equalities that are bits of the same word.

    Returns the word and its bits that go on to the right: there sets have their members, and not on the left.
    """
    code = np.where(is_set, trees.threshold, 0).astype(np.int64)
    word, members = code // _N_BITS, np.uint32(1) << (code % _N_BITS).astype(np.uint32)
    right = trees.right.copy()

    def goes_on() -> Integers:
        same = (trees.feature[right] == trees.feature) & (trees.left[right] == trees.left)
        return np.flatnonzero(is_set & is_set[right] & same & (word[right] == word))

    while len(at := goes_on()):
        members[at] |= members[right[at]]
        right[at] = right[right[at]]
    left = np.where(is_set, right, trees.left)
    return replace(trees, left=left, right=np.where(is_set, trees.left, right)), word, members


def _keys(cells: Singles) -> Array:
    """Return numbers in the order of single precision; what is missing comes last, and -0 is 0."""
    bits = (cells.astype(np.float32) + np.float32(0)).view(np.uint32)
    below = bits >> np.uint32(31) == 1
    return np.where(np.isnan(cells), _ALL, np.where(below, ~bits, bits | np.uint32(2**31)))


def _bits(cells: Singles, word: int) -> Array:
    """Return the bit of each code in a word; 0 for one of another word, and for what is no code."""
    is_code = _are_codes(cells)
    code = np.where(is_code, cells, 0).astype(np.uint32)
    is_here = is_code & (code // _N_BITS == word)
    bits: Array = is_here.astype(np.uint32) << code % _N_BITS
    return bits


def _are_codes(cells: Singles) -> Array:
    found: Array = (cells >= 0) & (cells < _N_BITS * _N_WORDS) & (cells == np.floor(cells))
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
