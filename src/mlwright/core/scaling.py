"""Scaling: what linear models and networks see instead of raw features."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats, Integers, Singles
    from mlwright.core.graph import Graph

_WIDEST = 6.0
"""Standardized features are clipped here: an outlier must not carry a model away."""
_LARGEST = np.float32(1e38)
"""Larger cells become this first: infinity times the factor 0 of a constant column is not a number."""
_FEWEST_LEVELS = 3
_SMALLEST_PIECE, _TINY = 1e-4, 1e-30
"""Pieces shorter than this share of where they are would magnify rounding."""


@final
@dataclass(frozen=True)
class Pieces:
    """Ranges of columns: of which column each is, where it begins, and one over its length; (n_pieces,)."""

    columns: Integers
    lows: Singles
    factors: Singles

    @classmethod
    def fit(cls, filled: Floats, n_pieces: int, n_numbers: int) -> Pieces:
        """Cut columns, shape (n_rows, n_columns), the first `n_numbers` also if they have few values."""
        ranges: list[tuple[int, float, float]] = []
        for column in range(filled.shape[1] if n_pieces else 0):
            fewest = _FEWEST_LEVELS if column < n_numbers else 2 * n_pieces + 1
            edges = _edges(filled[:, column], n_pieces, fewest)
            ranges += [(column, low, high) for low, high in pairwise(edges)]
        columns, lows, highs = np.array(ranges, np.float64).reshape(-1, 3).T
        factors = 1.0 / (highs - lows)
        return cls(columns.astype(np.int64), lows.astype(np.float32), factors.astype(np.float32))

    def transform(self, filled: Singles) -> Singles:
        """Return how far each value has come, shape (n_rows, n_pieces)."""
        with np.errstate(over="ignore"):
            come = (filled[:, self.columns] - self.lows) * self.factors
        return np.asarray(np.clip(come, np.float32(0.0), np.float32(1.0)))

    def lower(self, graph: Graph, filled: str) -> str:
        """Write the same into the program."""
        picked = graph.add("Gather", filled, graph.constant(self.columns, np.int64), axis=1)
        moved = graph.add("Sub", picked, graph.constant(self.lows[None, :]))
        come = graph.add("Mul", moved, graph.constant(self.factors[None, :]))
        return graph.add("Clip", come, graph.constant(0.0), graph.constant(1.0))


@final
@dataclass(frozen=True)
class Scaling:
    """Imputes, standardizes and clips; adds an indicator for columns where cells are missing.

    With pieces it adds, for columns of many values, how far a value has come through each of several ranges
    that hold as many rows: 0 below, 1 above, the share between. So a model that is smooth can bend where the
    rows are. Source: Gorishniy et al. (2022), "On embeddings for numerical features in tabular deep
    learning", section 3.2.
    """

    middle: Singles
    center: Singles
    factor: Singles
    flagged: Integers
    pieces: Pieces

    @classmethod
    def fit(cls, dense: Singles, n_pieces: int = 0, n_numbers: int | None = None) -> Scaling:
        """Learn from training rows, shape (n_rows, n_dense); at most so many pieces per column.

        Columns after the first `n_numbers` (see `Matrix`) are cut only if they have many values: what stands
        for a category of few levels has its indicators.
        """
        finite = np.where(np.isfinite(dense), np.clip(dense, -_LARGEST, _LARGEST), np.nan)
        absent = np.isnan(finite)
        empty = absent.all(axis=0)
        middle = np.zeros(dense.shape[1], np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # columns without any value
            middle[~empty] = np.nanmedian(finite[:, ~empty], axis=0)
        filled = np.where(absent, middle, finite).astype(np.float64)
        spread = filled.std(axis=0)
        factor = np.where(spread > 1e-9, 1.0 / np.maximum(spread, 1e-9), 0.0)
        share = absent.mean(axis=0)
        flagged = np.flatnonzero((share > 0.01) & (share < 0.99))
        center = filled.mean(axis=0)
        pieces = Pieces.fit(filled, n_pieces, dense.shape[1] if n_numbers is None else n_numbers)
        return cls(middle, center.astype(np.float32), factor.astype(np.float32), flagged, pieces)

    @property
    def origins(self) -> tuple[int, ...]:
        """Of which dense feature each scaled feature and each indicator is made."""
        return (*range(len(self.middle)), *self.flagged.tolist(), *self.pieces.columns.tolist())

    def transform(self, dense: Singles) -> Singles:
        """Return scaled features and, after them, the indicators and the pieces."""
        absent = np.isnan(dense)
        filled = np.clip(np.where(absent, self.middle, dense), -_LARGEST, _LARGEST)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.clip((filled - self.center) * self.factor, -_WIDEST, _WIDEST)
        return np.hstack([scaled, absent[:, self.flagged].astype(np.float32), self.pieces.transform(filled)])

    def lower(self, graph: Graph, dense: str) -> str:
        """Write the same into the program."""
        absent = graph.add("IsNaN", dense)
        filled = graph.add("Where", absent, graph.constant(self.middle[None, :]), dense)
        filled = graph.add("Clip", filled, graph.constant(-_LARGEST), graph.constant(_LARGEST))
        moved = graph.add("Sub", filled, graph.constant(self.center[None, :]))
        scaled = graph.add("Mul", moved, graph.constant(self.factor[None, :]))
        scaled = graph.add("Clip", scaled, graph.constant(-_WIDEST), graph.constant(_WIDEST))
        parts = [scaled]
        if len(self.flagged):
            flags = graph.add("Cast", absent, to=np.dtype(np.float32))
            parts.append(graph.add("Gather", flags, graph.constant(self.flagged, np.int64), axis=1))
        if len(self.pieces.columns):
            parts.append(self.pieces.lower(graph, filled))
        return graph.add("Concat", *parts, axis=1) if len(parts) > 1 else scaled


def _edges(values: Floats, n_pieces: int, fewest: int) -> list[float]:
    """Return where pieces begin and end that hold as many values each; none of fewer levels than that.

    What most rows have counts as half a piece, so that some are left for the others.
    """
    levels, counts = np.unique(values, return_counts=True)
    if len(levels) < fewest:
        return []
    if n_pieces < len(levels) - 1:
        counted = np.repeat(levels, np.minimum(counts, len(values) // (2 * n_pieces) + 1))
        levels = np.quantile(counted, np.linspace(0.0, 1.0, n_pieces + 1))
    found: list[float] = []
    for edge in levels.astype(np.float32).tolist():
        least = _SMALLEST_PIECE * max(abs(edge), abs(found[-1]), _TINY) if found else 0.0
        if not found or edge - found[-1] > least:
            found.append(edge)
    return found
