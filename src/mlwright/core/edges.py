"""Trees as edges, level by level, so that one pass serves all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.trees import Trees

_FEWEST = 1e-6
"""What counts as the training rows of a node without any: shares must not be zero."""


@final
@dataclass(frozen=True, slots=True)
class Splitting:
    """Which way a row goes at every node.

    A set of categories is a chain of nodes that compare by equality and share their left child; it is one
    split, that of its first node. `right` is where a row goes that no node of the chain sends left.
    `chained` are the nodes that compare by equality, `firsts` the first of their chains.
    """

    feature: Integers
    threshold: Singles
    missing_left: Array
    right: Integers
    chained: Integers
    firsts: Integers

    @classmethod
    def of(cls, trees: Trees) -> Splitting:
        """Find the chains."""
        right, first = trees.right.copy(), np.arange(len(trees.feature))
        below = np.where(trees.is_equal, trees.right, first)
        goes_on = trees.is_equal & trees.is_equal[below]
        goes_on &= (trees.feature == trees.feature[below]) & (trees.left == trees.left[below])
        at = np.flatnonzero(goes_on)
        # Nodes of a chain stand in the order in which they are asked, so one pass carries the first along.
        for node in at:
            first[below[node]] = first[node]
        ends = np.flatnonzero(trees.is_equal & ~goes_on)
        right[first[ends]] = trees.right[ends]
        chained = np.flatnonzero(trees.is_equal)
        feature = np.maximum(trees.feature, 0)
        return cls(feature, trees.threshold, trees.missing_left, right, chained, first[chained])

    def goes_left(self, row: Singles) -> Array:
        """Return for every node whether the row, shape (n_features,), goes left; (n_nodes,)."""
        if not len(row):
            return np.zeros(len(self.feature), dtype=bool)
        x = row.take(self.feature)
        found: Array = x <= self.threshold
        absent = np.isnan(row)
        if absent.any():
            found = np.where(absent.take(self.feature), self.missing_left, found)
        if len(self.chained):
            hits = x[self.chained] == self.threshold[self.chained]
            hits |= np.isnan(x[self.chained]) & self.missing_left[self.chained]
            found[self.firsts] = False
            found[self.firsts[hits]] = True
        return found


@final
@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of some trees: each leads from a split to a child, and belongs to the player that is asked.

    They stand level by level: first the left ones in the order of the edges above them, then the right ones
    in the same order; `spans` are the first edge and the end of each level. All arrays run over the edges:
    `splits` the node that is left, `is_right` the side, `above` the edge before, `same` the last edge before
    of the same player (-1: none); `repeated` are those that have one, those with more before them later.
    `shares`: of the training rows those that follow this player as far as here; `reach`: of those of the
    tree those that come here; `trees` and `targets` the tree and its score. `values`, shape (n_edges,
    width), are what the leaf at the end gives; 0 where no leaf `is_leaf`.
    """

    spans: tuple[tuple[int, int], ...]
    splits: Integers
    above: Integers
    same: Integers
    repeated: tuple[Integers, ...]
    is_right: Array
    players: Integers
    shares: Floats
    reach: Floats
    trees: Integers
    targets: Integers
    is_leaf: Array
    values: Floats

    @classmethod
    def of(cls, trees: Trees, splitting: Splitting, owners: Integers, roots: Integers) -> Edges:
        """Walk down from the roots; `owners` holds the player of each feature."""
        nodes, above, spans, n_before = roots, np.full(len(roots), -1), [], 0
        found: list[tuple[Array, ...]] = []
        while True:
            is_split = trees.feature[nodes] >= 0
            nodes, above = nodes[is_split], above[is_split]
            if not len(nodes):
                break
            below = np.stack([trees.left[nodes], splitting.right[nodes]])
            found.append((np.tile(nodes, 2), np.tile(above, 2), below.ravel()))
            spans.append((n_before, n_before + 2 * len(nodes)))
            nodes, above = below.ravel(), n_before + np.arange(2 * len(nodes))
            n_before = spans[-1][1]
            if n_before > len(trees.feature):
                message = "The nodes are no trees: one is reached on two ways."
                raise ValueError(message)
        if not found:
            return cls._none(trees)
        splits, above, ends = (np.concatenate(parts) for parts in zip(*found, strict=True))
        shares = _shares(trees, spans, splits, ends)
        players = owners[trees.feature[splits]]
        same = _same(players, above)
        reach, tree = shares.copy(), np.searchsorted(trees.roots, splits, side="right") - 1
        for start, end in spans:
            here = slice(start, end)
            if start:
                reach[here] *= reach[above[here]]
            shares[here] *= np.where(same[here] < 0, 1.0, shares[same[here]])
        is_leaf = trees.feature[ends] < 0
        values = np.where(is_leaf[:, None], trees.values[ends], 0.0).astype(np.float64)
        is_right = np.zeros(len(splits), dtype=bool)
        for start, end in spans:
            is_right[(start + end) // 2 : end] = True
        return cls(
            spans=tuple(spans), splits=splits, above=above, same=same, repeated=_repeated(same),
            is_right=is_right, players=players, shares=shares, reach=reach, trees=tree,
            targets=trees.target[tree], is_leaf=is_leaf, values=values,
        )  # fmt: skip

    @classmethod
    def _none(cls, trees: Trees) -> Edges:
        empty, none, never = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, dtype=bool)
        return cls(
            spans=(), splits=empty, above=empty, same=empty, repeated=(), is_right=never, players=empty,
            shares=none, reach=none, trees=empty, targets=empty, is_leaf=never,
            values=np.zeros((0, trees.values.shape[1])),
        )  # fmt: skip

    def cases(self, goes_left: Array) -> Integers:
        """Return the number of each edge, plus the number of all edges times its case.

        0: the row goes this way as far as the player is asked; 1: it does not, but did before; 2: it had
        left the path of this player before.
        """
        fits = goes_left.take(self.splits)
        fits ^= self.is_right
        before = np.ones(len(fits), dtype=bool)
        for those in self.repeated:
            earlier = fits[self.same[those]]
            before[those] = earlier
            fits[those] &= earlier
        case = 2 - before.view(np.int8) - fits.view(np.int8)
        found: Integers = case * np.int64(len(before))
        found += np.arange(len(before))
        return found

    def most_players(self, n_trees: int) -> Integers:
        """Return how many players the fullest path of each tree holds, shape (n_trees,)."""
        count = (self.same < 0).astype(np.int64)
        for start, end in self.spans[1:]:
            count[start:end] += count[self.above[start:end]]
        most = np.zeros(n_trees, np.int64)
        np.maximum.at(most, self.trees, count)
        return most

    def base(self, trees: Trees) -> Floats:
        """Return what all trees give when nothing is known, shape (n_scores,)."""
        total = np.zeros(trees.n_scores)
        bare = np.flatnonzero(trees.feature[trees.roots] < 0)
        for column in range(trees.values.shape[1]):
            np.add.at(total, self.targets + column, self.reach * self.values[:, column])
            np.add.at(total, trees.target[bare] + column, trees.values[trees.roots[bare], column])
        return total


def _shares(trees: Trees, spans: list[tuple[int, int]], splits: Integers, ends: Integers) -> Floats:
    """Return of the training rows that come to a split the share that takes each edge."""
    cover = np.maximum(trees.cover.astype(np.float64), _FEWEST)
    for start, end in spans[::-1]:
        middle = (start + end) // 2
        cover[splits[start:middle]] = cover[ends[start:middle]] + cover[ends[middle:end]]
    shares: Floats = cover[ends] / cover[splits]
    return shares


def _same(players: Integers, above: Integers) -> Integers:
    """Return for each edge the last one before it of the same player; -1 if there is none."""
    same = np.full(len(players), -1)
    waiting, at = np.arange(len(players)), above.copy()
    while True:
        keep = at >= 0
        waiting, at = waiting[keep], at[keep]
        if not len(waiting):
            return same
        is_same = players[at] == players[waiting]
        same[waiting[is_same]] = at[is_same]
        waiting, at = waiting[~is_same], above[at[~is_same]]


def _repeated(same: Integers) -> tuple[Integers, ...]:
    """Return the edges that have one of the same player before them, by how many there are."""
    rounds, is_done, left = [], same < 0, np.flatnonzero(same >= 0)
    while len(left):
        is_next = is_done[same[left]]
        rounds.append(left[is_next])
        left = left[~is_next]
        is_done[rounds[-1]] = True
    return tuple(rounds)
