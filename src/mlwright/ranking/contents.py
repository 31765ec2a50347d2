"""Contents: what is known of items besides who took them, as rows of numbers that can be compared."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.ranking.matrix import unit_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SEVERAL = re.compile(r"\s*[|;,]\s*")
"""Stands between the values of a cell that holds several, such as genres."""
_WORD = re.compile(r"\w+")
_FEW_VALUES, _N_BINS = 20, 10
_OFTEN, _LISTED = 0.5, 0.3
"""Texts of which so many are equal, or so many lists, are names of kinds, not sentences."""
_UNKNOWN = frozenset({"?", "-", "na", "n/a", "nan", "null", "none", "unknown", "missing"})
"""Cells that say in a column of numbers that a number is not known."""
_NOTHING = frozenset({"", "0", "0.0", "false", "no", "none", "unknown"})
"""Cells that say that something is not the case: two items are not alike for that."""


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of a column become words.

    `says` is "tenths" (numbers, parted by the `edges`), "kinds" (one or several in a cell), "words" (texts)
    or "nothing".
    """

    says: str
    edges: tuple[float, ...] = ()

    @classmethod
    def of(cls, cells: Sequence[str]) -> Reading:
        """Recognize it in the cells of a column, "" for nothing."""
        known = [cell for cell in cells if cell]
        different = set(known)
        if any("://" in cell for cell in known[:100]):
            return cls("nothing")
        numbers = [cell for cell in known if cell.casefold() not in _UNKNOWN]
        if len(set(numbers)) > _FEW_VALUES and _are_numbers(set(numbers)):
            values = np.array([float(cell) for cell in numbers])
            return cls("tenths", tuple(np.quantile(values, np.arange(1, _N_BINS) / _N_BINS).tolist()))
        are_lists = sum("|" in cell or ";" in cell for cell in known) > _LISTED * len(known)
        return cls("kinds" if are_lists or len(different) <= _OFTEN * len(known) else "words")

    def reads(self, cell: str) -> bool:
        """Tell whether `words` takes a cell."""
        return self.says != "tenths" or cell.casefold() in _UNKNOWN or not cell or _is_number(cell)

    def words(self, cell: str) -> list[str]:
        """Return what a cell says, each word once; ValueError if it should be a number and is none."""
        if self.says == "tenths":
            value = float(cell) if cell and cell.casefold() not in _UNKNOWN else math.nan
            return [] if math.isnan(value) else [self._range(bisect_left(self.edges, value))]
        if self.says == "kinds":
            return list(dict.fromkeys(one for one in SEVERAL.split(cell.casefold()) if one not in _NOTHING))
        return list(dict.fromkeys(_WORD.findall(cell.casefold()))) if self.says == "words" else []

    def _range(self, tenth: int) -> str:
        ends = [f"{edge:.12g}" for edge in self.edges]
        if tenth == len(ends):
            return f"over {ends[-1]}"
        return f"over {ends[tenth - 1]} to {ends[tenth]}" if tenth else f"to {ends[0]}"


def contents_of(attributes: Mapping[str, Sequence[str]]) -> Any:
    """Turn columns of texts, a cell for each item, into a sparse matrix (n_items, n_features).

    Numbers with many values become tenths of their range, kinds and lists of kinds their names, other texts
    their words. What few items share weighs more (inverse document frequency), every column weighs alike,
    and rows have length 1. None where nothing is shared.
    """
    from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415 - heavy, and not needed to serve

    parts = []
    for cells in attributes.values():
        reading = Reading.of(cells)
        said = [reading.words(cell) for cell in cells]
        counts: dict[str, int] = {}
        for word in chain.from_iterable(said):
            counts[word] = counts.get(word, 0) + 1
        shared = [word for word, n in counts.items() if 1 < n <= _OFTEN * len(cells)]
        places = {word: place for place, word in enumerate(shared)}
        if not places:
            continue
        kept = [[places[word] for word in words if word in places] for words in said]
        starts = np.cumsum([0, *map(len, kept)])
        rarity = np.log(len(cells) / np.array([counts[word] for word in shared]))
        at = np.array(list(chain.from_iterable(kept)), np.int64)
        parts.append(unit_rows(csr_matrix((rarity[at], at, starts), shape=(len(cells), len(shared)))))
    return unit_rows(hstack(parts, format="csr")).astype(np.float32) if parts else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _are_numbers(texts: Iterable[str]) -> bool:
    try:
        return bool(np.isfinite([float(text) for text in texts]).all())
    except ValueError:
        return False
