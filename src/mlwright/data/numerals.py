"""Numbers as people write them: "1,234.5", "1.234,5", "$1,200", "45 %"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Floats
    from mlwright.data.raw import Cells

_CURRENCY = "[$€£¥₹]"
_WIDE_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-"})
_CONVENTIONS = ((".", ""), (".", ","), (",", "."), (",", " "), (".", " "), (".", "'"))
"""Decimal and thousands marks, the more likely first: it decides where several fit."""

_SAMPLE = 200
_ENOUGH_SHARE = 0.99
_ENOUGH_CELLS = 20


@final
@dataclass(frozen=True, slots=True)
class Numerals:
    """How the numbers of a column are written, and which spellings are none."""

    decimal: str
    thousands: str
    unreadable: tuple[str, ...]


def read_number(text: str, decimal: str = ".", thousands: str = "") -> float:
    """Read one number.

    A currency sign before or after it and a percent sign after it are dropped: "45%" is 45.

    Raises
    ------
    ValueError
        If the text is not a number under this convention.
    """
    if decimal == "." and "_" not in text:  # Python reads "1_000" as a number; people do not.
        try:
            return float(text)
        except ValueError:
            pass
    match = _pattern(decimal, thousands).fullmatch(text.translate(_WIDE_SPACES).strip())
    if not match or not (match["whole"] or match["part"]):
        raise ValueError(text)
    whole = match["whole"].replace(thousands, "") if thousands else match["whole"]
    sign = "-" if "-" in (match["sign"], match["inner"]) else ""
    return float(f"{sign}{whole or 0}.{match['part'] or 0}e{match['power'] or 0}")


def plain_numbers(cells: Cells) -> Floats | None:
    """Read texts, "" and None at once, shape (n_cells,), if Python reads every text as a number.

    What is missing or infinite is NaN, as where cells are read one by one.
    None where a cell is something else, or a text that people write numbers in and Python does not.
    """
    values = cells.tolist() if isinstance(cells, np.ndarray) else cells
    if not set(map(type, values)) <= {str, type(None)}:
        return None
    texts = [text or "nan" for text in values]
    if "_" in "".join(texts):
        return None
    try:
        numbers = np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return None
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def is_code_list(texts: Mapping[str, int]) -> bool:
    """Tell whether texts are codes such as "00123": digits of one length, some with leading zeros."""
    lengths = {len(text) for text in texts}
    return (
        len(lengths) == 1
        and lengths != {1}
        and all(text.isdecimal() for text in texts)
        and any(text[0] == "0" for text in texts)
    )


def guess_numerals(counts: Mapping[str, int]) -> Numerals | None:
    """Find the convention under which the texts (with their counts) are numbers; None if they are not.

    At least 99 % of the cells must be readable, and 20 of them if not all are.
    """
    if _are_plain(counts):
        return Numerals(".", "", ())
    # From all over the column: a file may change its ways half way down.
    sample = list(islice(counts, 0, None, 1 + len(counts) // _SAMPLE))
    fitting = [(len(_unreadable(sample, *marks)), rank) for rank, marks in enumerate(_CONVENTIONS)]
    if min(fitting)[0] > len(sample) // 2:
        return None
    total = sum(counts.values())
    best: tuple[int, Numerals] | None = None
    for n_bad, rank in sorted(fitting, key=lambda pair: pair[1]):
        if n_bad > len(sample) // 2:
            continue
        marks = _CONVENTIONS[rank]
        lost = _unreadable(counts, *marks)
        n_lost = sum(counts[text] for text in lost)
        if best is None or n_lost < best[0]:
            best = n_lost, Numerals(*marks, tuple(sorted(lost)))
        if not n_lost:
            break
    if best is None or (best[0] and total - best[0] < max(_ENOUGH_SHARE * total, _ENOUGH_CELLS)):
        return None
    return best[1]


def _are_plain(texts: Mapping[str, int]) -> bool:
    """Tell quickly whether Python reads all texts as numbers."""
    try:
        for text in texts:
            float(text)
    except ValueError:
        return False
    return "_" not in "".join(texts)


def _unreadable(texts: Mapping[str, int] | list[str], decimal: str, thousands: str) -> list[str]:
    """List the texts that are not numbers under a convention."""
    lost = []
    for text in texts:
        try:
            read_number(text, decimal, thousands)
        except ValueError:
            lost.append(text)
    return lost


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Return the pattern of a number; groups of thousands must be whole and not start with 0.

    White space is taken whole (`*+`): where it could be divided, a cell of spaces would take cubic time.
    """
    grouped = rf"[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+|" if thousands else ""
    return re.compile(
        rf"(?:(?P<sign>[+-])\s*+{_CURRENCY}?|{_CURRENCY}?\s*+(?P<inner>[+-]?))\s*+(?P<whole>{grouped}\d*)"
        rf"(?:{re.escape(decimal)}(?P<part>\d*))?(?:[eE](?P<power>[+-]?\d+))?\s*+(?:{_CURRENCY}|%)?"
    )
