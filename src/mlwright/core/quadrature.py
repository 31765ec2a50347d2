"""Gauss' rule on [0, 1]."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats


@cache
def gauss(n_points: int) -> tuple[Floats, Floats]:
    """Return points and weights; polynomials of degree below 2 n_points are integrated exactly."""
    points, weights = np.polynomial.legendre.leggauss(n_points)
    return (points + 1.0) / 2.0, weights / 2.0
