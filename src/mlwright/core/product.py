"""Products of matrices, without the false alarm of the library below numpy."""

from __future__ import annotations

from typing import Any

import numpy as np


def product(one: Any, other: Any, out: Any = None) -> Any:
    """Return `one @ other`, written to `out` if that is given.

    OpenBLAS fills small matrices up with whatever lies in memory and computes on that, too; now and then it
    sets the flag for an invalid operation (numpy issue 24067, OpenBLAS issue 1924). What is returned is
    right, and a value that is not finite is noticed where models are proven.
    """
    with np.errstate(invalid="ignore"):
        return np.matmul(one, other, out=out)
