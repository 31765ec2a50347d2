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
REST = f"{CURRENCY}%+ \t\n\v\f\r"
"""Signs that say nothing about the size of a number."""
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY = (
    "([0-9]{4}[-/]((0[13578]|1[02])[-/](0[1-9]|[12][0-9]|3[01])|(0[469]|11)[-/](0[1-9]|[12][0-9]|30)"
    f"|02[-/](0[1-9]|1[0-9]|2[0-8]))|{_LEAP}[-/]02[-/]29)"
)
_SIXTY = "[0-5][0-9]"
_CLOCK = f"([01][0-9]|2[0-3]):{_SIXTY}(:{_SIXTY}([.,][0-9]+)?)?"
_ZONE = f" ?(Z|[+-]([01][0-9]|2[0-3])(:{_SIXTY}(:{_SIXTY})?|{_SIXTY}({_SIXTY})?)?)"
MOMENT = f"{_DAY}([T ]{_CLOCK}({_ZONE})?( UTC)?)?"
"""A date that exists, as `data/dates.py` reads it; the year 0 is one here as well."""
LOCAL = "^.{10}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?"
FRACTION = "^.{19}[.,]([0-9]{1,6})"
"""What is beyond microseconds is cut off."""
OFFSET = (":.*[+-]([0-9]{2})", ":.*[+-][0-9]{2}:?([0-9]{2})", ":.*[+-][0-9]{2}:?[0-9]{2}:?([0-9]{2})")
"""Hours, minutes and seconds of the zone."""


def pattern(decimal: str, thousands: str) -> str:
    """Return the pattern of a number with its marks, currency and percent signs."""
    money, space = f"[{CURRENCY}]", r"[ \t\n\v\f\r]*"
    sign = f"([+-]{space}{money}?|({money}{space})?[+-]?)"
    grouped = f"[1-9][0-9]{{0,2}}({in_class(thousands)}[0-9]{{3}})+|" if thousands else ""
    mark = in_class(decimal)
    whole = f"(({grouped}[0-9]+)({mark}[0-9]*)?|{mark}[0-9]+)"
    return f"{sign}{space}{whole}([eE][+-]?[0-9]+)?{space}({money}|%)?"


def in_class(signs: str) -> str:
    """Return the class of any of these signs."""
    return f"[{re.escape(signs)}]"
