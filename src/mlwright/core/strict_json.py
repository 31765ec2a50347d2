"""Reads JSON that a stranger may have written, more strictly than JSON asks.

A key stands once, numbers are finite and whole ones fit into 64 bits, every text can be written to a file.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

_LONGEST_WHOLE = 19
"""Digits of the largest number of 64 bits: longer ones are not even read."""


def read_strictly(text: str) -> Any:
    """Return the value; raise ValueError with the reason, however deep or odd the text is."""
    try:
        value = json.loads(
            text, parse_constant=_no_number, parse_float=_finite, parse_int=_whole, object_pairs_hook=_once
        )
    except RecursionError as error:
        message = "it is nested too deeply"
        raise ValueError(message) from error
    if "\\ud" in text.lower():  # half of a sign that takes two, which no file or page can hold
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return found


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _whole(text: str) -> int:
    is_short = len(text.removeprefix("-")) <= _LONGEST_WHOLE
    return int(text) if is_short and -(2**63) <= int(text) < 2**63 else _no_number(text)


def _no_number(text: str) -> NoReturn:
    message = f"{text[:20]} is no number"
    raise ValueError(message)
