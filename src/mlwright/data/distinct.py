"""The different texts of a column, without a copy of each cell as wide as the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Integers


def distinct(cells: Array) -> tuple[list[str], Integers]:
    """Return the different cells of an object array of str, sorted, and which of them each row holds."""
    texts = cells.tolist()
    names = sorted(set(texts))
    place = {name: number for number, name in enumerate(names)}
    return names, np.fromiter((place[text] for text in texts), np.int64, len(texts))
