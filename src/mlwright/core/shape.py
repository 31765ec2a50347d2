"""Shapes of JSON values, as plain data, and where a value is not of its shape.

A shape is a type, a value, a test (a function of the value that says yes or no), a tuple of alternatives, a
list of one shape for every item, or a mapping of keys to theirs. A key that ends in "?" may lack, and under
`REST` stands what keys that are not named may hold; without it there are none.
"""

from __future__ import annotations

from typing import Any

REST = "..."
NUMBER = (int, float)
MAYBE_NUMBER = (int, float, None)


def anything(value: Any) -> bool:
    """Accept every value."""
    del value
    return True


def is_count(value: Any) -> bool:
    """Tell whether a value is a whole number, not below zero."""
    return type(value) is int and value >= 0


def is_share(value: Any) -> bool:
    """Tell whether a value is a number in [0, 1]."""
    return type(value) in NUMBER and 0.0 <= value <= 1.0


OBJECT = {REST: anything}


def misfit(value: Any, shape: Any) -> str | None:
    """Return where a value is not of its shape, such as ".columns[3].name"; None if it is.

    True and false are no numbers.
    """
    if isinstance(shape, tuple):
        places = [misfit(value, one) for one in shape]
        return None if None in places else max((place or "" for place in places), key=len)
    if isinstance(shape, dict):
        return _misfit_of_keys(value, shape) if isinstance(value, dict) else ""
    if isinstance(shape, list):
        return _misfit_of_items(value, shape[0]) if isinstance(value, list) else ""
    if isinstance(shape, type):
        is_fit = type(value) is shape
    elif callable(shape):
        is_fit = shape(value)
    else:
        is_fit = isinstance(shape, type(value)) and value == shape
    return None if is_fit else ""


def _misfit_of_items(items: list[Any], shape: Any) -> str | None:
    for place, item in enumerate(items):
        where = misfit(item, shape)
        if where is not None:
            return f"[{place}]{where}"
    return None


def _misfit_of_keys(value: dict[str, Any], shape: dict[str, Any]) -> str | None:
    known = {key.removesuffix("?"): one for key, one in shape.items()}
    for key in shape:
        if key not in value and key != REST and not key.endswith("?"):
            return f".{key}"
    for key, item in value.items():
        if key not in known and REST not in known:
            return f".{key}"
        where = misfit(item, known.get(key, known.get(REST)))
        if where is not None:
            return f".{key}{where}"
    return None
