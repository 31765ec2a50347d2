"""Categories in the order of how often they occur."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.step import Encoding, Table

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats


@final
class Frequency(Encoding):
    """The code itself: levels are numbered by frequency, so trees can cut off the rare ones."""

    is_code = True

    def fit(self, codes: Array, n_codes: int, target: Floats, n_classes: int) -> Table | None:
        """Return the codes as numbers; missing stays missing."""
        del codes, target, n_classes
        values = np.arange(n_codes, dtype=np.float32)
        values[0] = np.nan
        return Table(values[:, None])
