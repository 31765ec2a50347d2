"""One indicator per level."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.step import Encoding, Table

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats

_MAX_CODES = 60


@final
class OneHot(Encoding):
    """Indicators for columns with few levels; the others are left to the target mean."""

    def fit(self, codes: Array, n_codes: int, target: Floats, n_classes: int) -> Table | None:
        """Return the identity, without codes that never occur; None above 60 codes."""
        del target, n_classes
        if n_codes > _MAX_CODES:
            return None
        present = np.bincount(codes, minlength=n_codes) > 0
        return Table(np.eye(n_codes, dtype=np.float32)[:, present])
