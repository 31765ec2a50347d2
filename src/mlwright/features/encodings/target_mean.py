"""The smoothed mean of the target for each level."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.step import Encoding, Table

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats

_SMOOTHING_ROWS = 5.0
_MAX_CLASSES = 12


@final
class TargetMean(Encoding):
    """Means of the target (one per class if there are more than two), shrunk towards the overall mean.

    Source: Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes",
    eq. 3, with a fixed weight of five rows. Training rows are encoded out of fold.
    """

    uses_target = True

    def fit(self, codes: Array, n_codes: int, target: Floats, n_classes: int) -> Table | None:
        """Learn the means; None when there are more than twelve classes."""
        if n_classes > _MAX_CLASSES:
            return None
        columns = [target == number for number in range(n_classes)] if n_classes > 2 else [target]
        counts = np.bincount(codes, minlength=n_codes)
        means = []
        for column in columns:
            prior = float(np.mean(column))
            sums = np.bincount(codes, weights=column.astype(np.float64), minlength=n_codes)
            means.append((sums + _SMOOTHING_ROWS * prior) / (counts + _SMOOTHING_ROWS))
        return Table(np.column_stack(means).astype(np.float32))
