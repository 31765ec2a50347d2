"""Scaling: what linear models and networks see instead of raw features."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Integers, Singles
    from mlwright.core.graph import Graph

_WIDEST = 6.0
"""Standardized features are clipped here: an outlier must not carry a model away."""
_LARGEST = np.float32(1e38)
"""Larger cells become this first: infinity times the factor 0 of a constant column is not a number."""


@final
@dataclass(frozen=True)
class Scaling:
    """Imputes, standardizes and clips; adds an indicator for columns where cells are missing."""

    middle: Singles
    center: Singles
    factor: Singles
    flagged: Integers

    @classmethod
    def fit(cls, dense: Singles) -> Scaling:
        """Learn from training rows, shape (n_rows, n_dense)."""
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
        return cls(middle, center.astype(np.float32), factor.astype(np.float32), flagged)

    @property
    def origins(self) -> tuple[int, ...]:
        """Of which dense feature each scaled feature and each indicator is made."""
        return (*range(len(self.middle)), *self.flagged.tolist())

    def transform(self, dense: Singles) -> Singles:
        """Return scaled features and, after them, the indicators."""
        absent = np.isnan(dense)
        filled = np.clip(np.where(absent, self.middle, dense), -_LARGEST, _LARGEST)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.clip((filled - self.center) * self.factor, -_WIDEST, _WIDEST)
        return np.hstack([scaled, absent[:, self.flagged].astype(np.float32)])

    def lower(self, graph: Graph, dense: str) -> str:
        """Write the same into the program."""
        absent = graph.add("IsNaN", dense)
        filled = graph.add("Where", absent, graph.constant(self.middle[None, :]), dense)
        filled = graph.add("Clip", filled, graph.constant(-_LARGEST), graph.constant(_LARGEST))
        moved = graph.add("Sub", filled, graph.constant(self.center[None, :]))
        scaled = graph.add("Mul", moved, graph.constant(self.factor[None, :]))
        scaled = graph.add("Clip", scaled, graph.constant(-_WIDEST), graph.constant(_WIDEST))
        if not len(self.flagged):
            return scaled
        flags = graph.add("Cast", absent, to=np.dtype(np.float32))
        flags = graph.add("Gather", flags, graph.constant(self.flagged, np.int64), axis=1)
        return graph.add("Concat", scaled, flags, axis=1)
