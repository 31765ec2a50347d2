"""Attention: scores by what was taken last, and by what of the earlier goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.graph import first_columns
from mlwright.core.product import product
from mlwright.core.recommender import FittedRecommender, Given, Histories

if TYPE_CHECKING:
    from mlwright.core.arrays import Integers, Singles
    from mlwright.core.graph import Graph

TINY = 1e-6
"""Added to the mean square of a vector before it is divided by the root."""
AWAY = -1e9
"""Added where nothing is to be looked at: the exponential of it is zero."""
_CHUNK = 128


@final
@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What one layer learned, of vectors with `size` numbers.

    `near` (size, size): how much two vectors have to do with each other, as `x near y`; `ages` (n_places,)
    is added to it, by how many places one is older. `taken` (size, size) is applied to the mean of what was
    looked at. `wide` (size, n_wide), `shift` (n_wide,) and `narrow` (n_wide, size) are a net of one layer.
    """

    near: Singles
    ages: Singles
    taken: Singles
    wide: Singles
    shift: Singles
    narrow: Singles


@final
@dataclass(frozen=True, slots=True, eq=False)
class Attention(FittedRecommender):
    """Vectors of items, (n_kept + 1, size), blocks, and what turns the last vector into scores of `n_items`.

    The last vector of `items` is that of a place without an item that is known; `out` (size, n_kept) and
    `usual` (n_kept,) give scores. Items that are not kept, the rarest, score nothing and count as unknown.
    Of a history the latest `n_places` count, the length of `ages`; a place without an item is looked at by
    nobody but itself, so that who took nothing gets what such a place says. Scores are the square roots of
    probabilities, which go better with those of others than probabilities do.
    """

    items: Singles
    blocks: tuple[Block, ...]
    out: Singles
    usual: Singles
    n_items: int

    @property
    def n_places(self) -> int:
        """How many items of a history count."""
        return len(self.blocks[0].ages)

    def scores(self, asked: Histories) -> Singles:
        """Look at the latest items of each history."""
        found = np.zeros((asked.n_users, self.n_items), np.float32)
        codes = latest(asked, self.n_places, len(self.items) - 1)
        for start in range(0, asked.n_users, _CHUNK):
            at = slice(start, start + _CHUNK)
            shares = _shares(product(self._last(codes[at]), self.out) + self.usual)
            found[at, : self.out.shape[1]] = np.sqrt(shares)
        return found

    def _last(self, codes: Integers) -> Singles:
        """Return the vector of the latest place after all blocks, shape (n_users, size)."""
        vectors: Singles = self.items[codes]
        away = np.where(codes == len(self.items) - 1, AWAY, 0.0)
        gone: Singles = away.astype(np.float32)[:, None, :]
        for number, block in enumerate(self.blocks):
            looked = keys = leveled(vectors)
            if number + 1 == len(self.blocks):  # nobody reads the other places any more
                vectors, looked = vectors[:, :1], keys[:, :1]
            sight, apart = (table[:, : looked.shape[1]] for table in _sight(block.ages))
            fits: Singles = product(product(looked, block.near), keys.transpose(0, 2, 1))
            mean = product(_shares(fits + sight + gone * apart), keys)
            vectors = vectors + product(mean, block.taken)
            bent = np.maximum(product(leveled(vectors), block.wide) + block.shift, np.float32(0.0))
            vectors = vectors + product(bent, block.narrow)
        found: Singles = leveled(vectors[:, 0])
        return found

    def lower(self, graph: Graph, given: Given) -> str:
        """Write the same, of tables with three dimensions: rows, places, and the numbers of a vector."""
        unknown, (size, n_kept) = len(self.items) - 1, self.out.shape
        places = _filled(graph, given, self.n_places, unknown)
        vectors = graph.add("Gather", graph.constant(self.items), places, axis=0)
        away = np.zeros((unknown + 1, 1), np.float32)
        away[-1] = AWAY
        gone = graph.add("Gather", graph.constant(away), places, axis=0)
        gone = _reshaped(graph, gone, 1, self.n_places)
        for number, block in enumerate(self.blocks):
            looked = keys = _leveled(graph, vectors, size)
            sight, apart = _sight(block.ages)
            if number + 1 == len(self.blocks):
                vectors, looked = (_latest_place(graph, one, self.n_places, size) for one in (vectors, keys))
                sight, apart = sight[:, :1], apart[:, :1]
            asking = graph.add("MatMul", looked, graph.constant(block.near))
            fits = graph.add("MatMul", asking, graph.add("Transpose", keys, perm=[0, 2, 1]))
            fits = graph.add("Add", fits, graph.constant(sight))
            fits = graph.add("Add", fits, graph.add("Mul", gone, graph.constant(apart)))
            shares = graph.add("Softmax", fits, axis=2)
            mean = graph.add("MatMul", shares, keys)
            vectors = graph.add("Add", vectors, graph.add("MatMul", mean, graph.constant(block.taken)))
            wide = graph.add("MatMul", _leveled(graph, vectors, size), graph.constant(block.wide))
            bent = graph.add("Max", graph.add("Add", wide, graph.constant(block.shift)), graph.constant(0.0))
            vectors = graph.add("Add", vectors, graph.add("MatMul", bent, graph.constant(block.narrow)))
        last = _reshaped(graph, _leveled(graph, vectors, size), size)
        found = graph.add("MatMul", last, graph.constant(self.out))
        shares = graph.add("Softmax", graph.add("Add", found, graph.constant(self.usual)), axis=1)
        found = graph.add("Sqrt", shares)
        empty = graph.add("Expand", graph.constant(np.zeros((1, self.n_items + 1 - n_kept))), given.n_rows)
        return graph.add("Concat", found, empty, axis=1)


def latest(asked: Histories, n_places: int, unknown: int) -> Integers:
    """Return the latest items of users, (n_users, n_places), the latest first; `unknown` where none is."""
    at = asked.starts[:-1, None] + np.arange(n_places)[None, :]
    is_there = at < asked.starts[1:, None]
    if not len(asked.items):
        return np.full(at.shape, unknown, np.int64)
    items = asked.items[np.where(is_there, at, 0)]
    return np.where(is_there, np.minimum(items, unknown), unknown).astype(np.int64)


def _sight(ages: Singles) -> tuple[Singles, Singles]:
    """Return what places (the latest first) see of each other, and 1 where two are not the same.

    Both have shape (1, n_places, n_places). The first is `ages` by how much older the other place is, or
    `AWAY` where it is later.
    """
    places = np.arange(len(ages))
    older = places[None, :] - places[:, None]
    seen = np.where(older >= 0, ages[np.maximum(older, 0)], np.float32(AWAY)).astype(np.float32)
    return seen[None], (older != 0).astype(np.float32)[None]


def leveled(vectors: Singles) -> Singles:
    """Divide vectors by their root mean square."""
    squares = np.square(vectors).mean(axis=-1, keepdims=True, dtype=np.float32)
    found: Singles = (vectors / np.sqrt(squares + np.float32(TINY))).astype(np.float32)
    return found


def _shares(fits: Singles) -> Singles:
    powers = np.exp(fits - fits.max(axis=-1, keepdims=True))
    found: Singles = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return found


def _filled(graph: Graph, given: Given, n_places: int, unknown: int) -> str:
    """Give every row the same number of places; sums over places would else be rounded by the longest row."""
    nothing = graph.constant(np.full((1, n_places), unknown), np.int64)
    filler = graph.add("Expand", nothing, given.n_rows)
    codes = graph.add("Min", given.codes, graph.constant([unknown], np.int64))
    return first_columns(graph, graph.add("Concat", codes, filler, axis=1), n_places)


def _reshaped(graph: Graph, value: str, *sizes: int) -> str:
    return graph.add("Reshape", value, graph.constant([-1, *sizes], np.int64))


def _latest_place(graph: Graph, value: str, n_places: int, size: int) -> str:
    flat = _reshaped(graph, value, n_places * size)
    return _reshaped(graph, first_columns(graph, flat, size), 1, size)


def _leveled(graph: Graph, value: str, size: int) -> str:
    shares = graph.constant(np.full((size, 1), 1.0 / size))
    squares = graph.add("MatMul", graph.add("Mul", value, value), shares)
    return graph.add("Div", value, graph.add("Sqrt", graph.add("Add", squares, graph.constant(TINY))))
