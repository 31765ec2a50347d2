"""One cell: what it is worth as a plain Python value, and as a text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np

from mlwright.data.dates import seconds_of

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - cells without a zone are in UTC
_WHOLE_FLOAT = re.compile(r"-?[1-9][0-9]*\.0|0\.0")
_HUGE = 10**300
"""Whole numbers beyond this are missing, as infinite ones are."""


def plain(value: object) -> object:
    """Return None for what is missing in itself, else a bool, int, float, str, date or datetime.

    Missing are None, NaN, NaT, pandas' NA, infinite and overflowing numbers. Anything that is none
    of these types comes back as it is.
    """
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is float:
        return value if isfinite(value) else None  # type: ignore[arg-type]
    if kind is int:
        return value if -_HUGE < value < _HUGE else None  # type: ignore[operator]
    return _unwrap(value)


def clean(text: str) -> str:
    """Strip a text and remove what a string of the program cannot hold."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        # A lone surrogate, as JSON may bring it, has no UTF-8.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.strip()


def text_of(value: object) -> str:
    """Return the canonical text of a cell, "" for missing.

    Whole numbers lose their ".0", so that codes survive a column of doubles; true is "true".
    """
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, str):
        text = clean(value)
        text = text[:-2] if text.endswith(".0") and _WHOLE_FLOAT.fullmatch(text) else text
        return _shorten(text) if text.startswith(("0.0000", "-0.0000")) or text[-3:-1] == "e-" else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, date):
        return _in_utc(value).isoformat()
    return clean(str(value))


def _shorten(text: str) -> str:
    """Write a tiny number as Python does, so that it is the same read from text or as a double."""
    try:
        number = float(text)
    except ValueError:
        return text
    same = text in (np.format_float_positional(number, trim="0"), repr(number).replace("e-0", "e-"))
    return repr(number) if same else text


def _unwrap(value: object) -> object:
    """Do the rarer types of `plain`."""
    if isinstance(value, np.datetime64):
        return _unwrap_moment(value)
    if isinstance(value, np.timedelta64):
        return None if np.isnat(value) else float(value / np.timedelta64(1, "us")) / 1e6
    if isinstance(value, date | str) or type(value).__name__ == "NAType":
        return _unwrap_subclass(value)
    if isinstance(value, np.generic) and not isinstance(value, str | float | bytes):
        value = float(value) if isinstance(value, np.floating) else value.item()
        return None if isinstance(value, float) and not isfinite(value) else value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return _unwrap_number(value) if isinstance(value, Real | Decimal | timedelta) else value


def _unwrap_subclass(value: object) -> object:
    """Do pandas' NA and NaT, strings of numpy, dates of pandas."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return str(value) if isinstance(value, str) else value


def _unwrap_moment(value: np.datetime64) -> date | None:
    """Return a datetime, a date where the unit is a day or more, or None."""
    if np.isnan(seconds_of(np.array([value]))[0]):
        return None
    # Through whole microseconds: seconds as a double could not be added exactly.
    moment = _EPOCH + timedelta(microseconds=_microseconds(value))
    return moment.date() if np.datetime_data(value)[0] in ("D", "W", "M", "Y") else moment


def _unwrap_number(value: Any) -> float | None:
    """Return decimals, fractions and other numbers as doubles, durations in seconds."""
    try:
        number = value / timedelta(microseconds=1) / 1e6 if isinstance(value, timedelta) else float(value)
    except (OverflowError, ValueError):
        return None
    return number if isfinite(number) else None


def _microseconds(value: np.datetime64) -> int:
    """Return whole microseconds since 1970, rounded down."""
    return int(value.astype("datetime64[us]").astype(np.int64))


def _in_utc(moment: date) -> date:
    """Return a moment in UTC without its zone."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None)
    return moment
