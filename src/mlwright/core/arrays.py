"""Names for the numpy arrays that travel between the stages."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]
"""Double precision: targets, scores, weights."""
Singles = NDArray[np.float32]
"""Single precision: features. Everything a learner sees is representable here, so that the compiled
program, which computes in single precision, compares exactly as training did."""
Integers = NDArray[np.int64]
Codes = NDArray[np.int32]
Columns = Mapping[str, Array]
"""Typed columns by name, each of shape (n_rows,): float64 for numbers, booleans and datetimes (epoch
seconds; NaN is missing), object arrays of str for the rest ("" is missing). Exactly what the compiled
program reads."""
