"""What strings and whole numbers look like: names of ids, codes, categories, sentences."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ID_NAMES = frozenset(
    {"index", "rowid", "rownames", "rowname", "instant", "row", "rn", "unnamed 0", "column 1"}
)
_ID_WORDS = frozenset({"id", "uuid", "guid", "rowid"})
"""Words that mark an id at the beginning or the end of a name."""
_ID_ENDINGS = frozenset({"no", "nr", "number", "key"})
_TIME_WORDS = frozenset(
    {"year", "date", "time", "timestamp", "month", "week", "day", "hour", "epoch", "period"}
)
_CODE = re.compile(r"(?=\S*\d)[\w\-./:#]+")
"""One token with a digit in it."""
_SAMPLE = 1000
_MIN_ROWS = 30
_MIN_UNIQUE_SHARE = 0.98
_FEW_LEVELS = 50
_ROWS_PER_LEVEL = 20
"""A category may have more levels if they are at most 5 % of the rows."""
_LONGEST_DOUBLE = 16
"""Whole numbers of so many digits do not fit a double: nobody computes with them."""


def is_id_name(name: str) -> bool:
    """Tell whether a column is named like an identifier: id, user_id, orderId, row number."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    ends = {words[0], words[-1]}
    return " ".join(words) in _ID_NAMES or bool(ends & _ID_WORDS) or words[-1] in _ID_ENDINGS


_MANY_ROWS = 1_000


def is_row_number(name: str, values: Array) -> bool:
    """Tell whether numbers, shape (n_rows,), identify the rows.

    They must be whole, all there and all different; and the column be named like an id, or count the
    rows in their order. A year or a time that goes up is no row number.
    """
    if len(values) < _MIN_ROWS:
        return False
    if values.dtype.kind == "f":
        # NaN, a missing cell, equals nothing and so is not whole either.
        if not np.all(values == np.floor(values)):
            return False
        values = values.astype(np.float64)
    if len(np.unique(values)) < len(values):
        return False
    if is_id_name(name):
        return True
    if {word.lower() for word in _WORDS.findall(name)} & _TIME_WORDS:
        return False
    steps = np.diff(values.astype(np.float64))
    rising = bool(np.all(steps > 0) or np.all(steps < 0))
    # A small table may be a list of sizes or doses; it takes many rows to be sure without a name.
    rising = rising and len(values) >= _MANY_ROWS
    return rising and float(np.mean(np.abs(steps) == 1)) >= 0.5


def is_key(name: str, counts: Mapping[str, int], n_rows: int) -> bool:
    """Tell whether texts (with their counts) identify the rows: nearly all different, code-like tokens."""
    if n_rows < _MIN_ROWS or len(counts) < _MIN_UNIQUE_SHARE * n_rows:
        return False
    sample = list(islice(counts, _SAMPLE))
    n_codes = sum(bool(_CODE.fullmatch(text)) for text in sample)
    if n_codes < 0.9 * len(sample):
        return False
    if all(text.isdecimal() for text in sample):
        return is_id_name(name) or min(map(len, sample)) >= _LONGEST_DOUBLE
    return True


def kind_of_texts(counts: Mapping[str, int]) -> Kind:
    """Choose between category, text and string for texts with their counts, none missing."""
    n_cells, n_levels = sum(counts.values()), len(counts)
    sample = list(islice(counts, _SAMPLE))
    n_words = sum(len(text.split()) for text in sample) / len(sample)
    length = sum(map(len, sample)) / len(sample)
    distinct_share = n_levels / n_cells
    if n_levels <= _FEW_LEVELS and (n_cells >= 2 * n_levels or n_words < 4):
        return Kind.CATEGORY
    if n_levels * _ROWS_PER_LEVEL <= n_cells and length <= 40:
        return Kind.CATEGORY
    if (n_words >= 4 and distinct_share >= 0.5) or length > 40 or n_words >= 8:
        return Kind.TEXT
    return Kind.STRING
