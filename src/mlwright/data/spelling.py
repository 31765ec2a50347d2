"""How a column of a text table is written: as numbers, or as texts.

A cell becomes a number only if its text can be told from the number again. So what a cell is never
depends on the other rows of its file, and "00123" or "1.50" stay what they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import polars as pl

from mlwright.data.cells import text_of

_PLAIN = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d+)?$"
_GROUPED = r"^-?[1-9]\d{0,2}\.\d{3}$"
"""Looks like thousands where the comma is the decimal mark."""
_EXACT_BELOW = 1e15
"""polars and Python write whole numbers up to here alike."""


@final
@dataclass(frozen=True, slots=True)
class Spelling:
    """What was seen in cells that are not empty.

    Whether there are any; all are plain numbers; some have a point; all are spelled as the whole number, or
    as the double, that they are; and all with a point could be thousands.
    """

    is_known: bool = False
    is_plain: bool = True
    has_points: bool = False
    is_whole: bool = True
    is_double: bool = True
    is_grouped: bool = True

    def joined(self, other: Spelling) -> Spelling:
        """Return what was seen in both."""
        return Spelling(
            self.is_known or other.is_known,
            self.is_plain and other.is_plain,
            self.has_points or other.has_points,
            self.is_whole and other.is_whole,
            self.is_double and other.is_double,
            self.is_grouped and other.is_grouped,
        )

    @property
    def kind(self) -> Any:
        """The type that such cells become, of polars."""
        if not self.is_known or not self.is_plain:
            return pl.String
        if not self.has_points:
            return pl.Int64 if self.is_whole else pl.String
        return pl.Float64 if self.is_double and not self.is_grouped else pl.String


_TEXTS = Spelling(is_known=True, is_plain=False)


def spelling(column: pl.Series) -> Spelling:
    """Look how the texts of a column are written."""
    text = _stripped(column).drop_nulls()
    if not len(text):
        return Spelling()
    if not text.head(20).str.contains(_PLAIN).all() or not text.str.contains(_PLAIN).all():
        return _TEXTS
    points = text.str.contains(".", literal=True)
    if not points.any():
        numbers = text.cast(pl.Int64, strict=False)
        is_whole = bool((numbers.cast(pl.String) == text).fill_null(value=False).all())
        if is_whole and _least(numbers) > -_EXACT_BELOW and _most(numbers) < _EXACT_BELOW:
            return Spelling(is_known=True)
        return Spelling(is_known=True, is_whole=is_whole, is_double=_are_doubles(text))
    return Spelling(
        is_known=True,
        has_points=True,
        is_double=_are_doubles(text),
        is_grouped=bool(text.filter(points).str.contains(_GROUPED).all()),
    )


def typed(column: pl.Series, kind: Any) -> pl.Series:
    """Turn the texts of a column into such numbers, or leave them."""
    return column if kind == pl.String else _stripped(column).cast(kind)


def _stripped(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars()
    return text.set(text == "", None)


def _are_doubles(text: pl.Series) -> bool:
    """Tell whether the double that each text is spells that text again."""
    floats = text.cast(pl.Float64, strict=False)
    spelled = floats.cast(pl.String)
    # "12" may stand among "12.5"; "1.50" may not, for a code is not a price.
    same = ((spelled == text) | (spelled == text + ".0")) & (floats.abs() >= 1e-4) & (floats.abs() < 1e15)
    left = text.filter(~same.fill_null(value=False)).unique(maintain_order=True)
    return all(text_of(one) == text_of(float(one)) for one in left)


def _least(numbers: pl.Series) -> float:
    return float(numbers.min())  # type: ignore[arg-type]


def _most(numbers: pl.Series) -> float:
    return float(numbers.max())  # type: ignore[arg-type]
