"""How numbers are spelled, as regular expressions that DuckDB, PostgreSQL and Python read alike.

They say what `data/numerals.py` reads; the schema of a column says which marks its numbers have.
"""

from __future__ import annotations

import re

CURRENCY = "$€£¥₹"
WIDE = {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-"}
"""Spaces and a minus that are typeset, and what they stand for."""
SPACES = (*range(9, 14), *range(28, 33), 133, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288)
"""White space as Python strips it, by code point."""
PLAIN = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
NOT_FINITE = r"[+-]?(nan|inf|infinity)"
REST = f"{CURRENCY}%+ \t"
"""Signs that say nothing about the size of a number."""


def pattern(decimal: str, thousands: str) -> str:
    """Return the pattern of a number with its marks, currency and percent signs."""
    money = f"[{CURRENCY}]"
    grouped = f"[1-9][0-9]{{0,2}}({in_class(thousands)}[0-9]{{3}})+|" if thousands else ""
    whole = f"({grouped}[0-9]*)({in_class(decimal)}[0-9]*)?"
    return rf"[+-]?\s*{money}?\s*[+-]?\s*{whole}([eE][+-]?[0-9]+)?\s*({money}|%)?"


def in_class(signs: str) -> str:
    """Return the class of any of these signs."""
    return f"[{re.escape(signs)}]"
