"""Numbers as people read them: just as many digits as are known, units, shares as counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from unicodedata import bidirectional

from mlwright.report.language import catalogue, language, say
from mlwright.report.text import Figure, Text
from mlwright.report.trace import Items, Number

Evidence = Mapping[str, Any]
"""What `evidence.json` holds; see `docs/reference/evidence.md`."""

NONE = "\N{EN DASH}"
"""Stands where nothing is known."""

_BILLIONS, _LARGEST = 1e10, 1e15
"""From here on amounts are told in billions, and from there on with a power of ten."""
_SMALLEST = 0.0005
"""Below this a number is written with a power of ten."""
_ISOLATE, _ISOLATED = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_TURNS = frozenset({"R", "AL", "AN", "RLE", "LRE", "RLO", "LRO", "RLI", "LRI", "FSI", "PDF", "PDI"})
"""Classes of letters and marks that turn the direction of a line."""
_NARROW = 1e-6
"""An interval whose width is less than this share of its ends is arithmetic, not doubt."""


def dig(evidence: Evidence, *keys: str, default: Any = None) -> Any:
    """Follow keys into nested mappings; anything absent or null on the way gives `default`."""
    value: Any = evidence
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return default if value is None else value


def is_number(value: object) -> bool:
    """Tell whether this is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def shown(words: str, value: object, per: float = 1.0) -> str:
    """Write a number in the marks of the language, and let it remember its place if it has one."""
    marks = catalogue(language())
    words = words.translate({ord(","): marks["marks.thousands"], ord("."): marks["marks.decimal"]})
    return Figure(words, value, value.at, per) if isinstance(value, Number) else words


def number(value: object, decimals: int | None = None) -> str:
    """Write a number with about three significant digits, or with `decimals` places."""
    if not is_number(value):
        return NONE
    amount = float(value)  # type: ignore[arg-type]  # is_number has just seen to it
    if not _BILLIONS <= abs(amount) < _LARGEST:
        return shown(_digits(amount, decimals), value)
    places = None if decimals is None else min(decimals + 9, 2)
    return shown(f"{_digits(amount / 1e9, places)} {catalogue(language())['marks.billion']}", value, 1e-9)


def usual(value: object, among: Sequence[object] = ()) -> str:
    """Write a number of a column; a year has no thousands mark, and `among` which others it may be one."""
    if not is_number(value):
        return NONE
    others = [float(one) for one in among if is_number(one)]  # type: ignore[arg-type]
    return shown(usual_digits(float(value), others), value)  # type: ignore[arg-type]


def usual_digits(amount: float, among: Sequence[float] = ()) -> str:
    """Write a number of a column in English marks, as `usual` does."""
    are_years = all(one.is_integer() and 1500 <= one <= 2200 for one in (amount, *among))
    return f"{amount:.0f}" if are_years else _digits(amount, None)


def count(items: Sequence[object]) -> str:
    """Write how many there are."""
    words = shown(f"{len(items):,}", len(items))
    return Figure(words, len(items), items.at) if isinstance(items, Items) else words


def _digits(amount: float, decimals: int | None) -> str:
    if decimals is not None and abs(amount) < _LARGEST:
        return f"{round(amount, decimals) + 0.0:,.{max(decimals, 0)}f}"  # + 0.0 turns -0.0 into 0.0
    size, amount = abs(amount), amount + 0.0  # there is no zero below zero
    if amount.is_integer() and size < _LARGEST:
        return f"{amount:,.0f}"
    if size >= _LARGEST or size < _SMALLEST:
        return f"{amount:.2e}"
    return f"{amount:,.{0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3}f}"


def two_digits(value: object) -> str:
    """Write the size of a number with the two digits that a sentence needs."""
    if not is_number(value):
        return NONE
    size = float(f"{abs(float(value)):.2g}")  # type: ignore[arg-type]  # is_number has just seen to it
    if not size or size >= _LARGEST or size < _SMALLEST:
        return shown(_digits(size, None), value)
    if size >= _BILLIONS:
        return number(size if not isinstance(value, Number) else Number(size, value.at))
    return shown(f"{size:,.{max(0, 1 - math.floor(math.log10(size)))}f}", value)


def decimals_of(estimate: Evidence) -> int | None:
    """Say how many decimals an interval justifies; None without a width, or beside a power of ten.

    Below zero are the places before the decimal mark that are not known: -3 of 12,048 (6,640 to 20,655).
    """
    if not has_width(estimate):
        return None
    low, high = float(estimate["low"]), float(estimate["high"])
    if max(abs(low), abs(high)) < _SMALLEST:
        return None
    size = abs(float(estimate["value"])) if is_number(estimate.get("value")) else 0.0
    most = 1 - math.floor(math.log10(size)) if size else 0  # two digits are left in any case
    return min(max(1 - math.floor(math.log10(high - low)), min(most, 0)), 4)


def has_width(estimate: Evidence) -> bool:
    """Tell whether there is an interval, and of what may be."""
    if not has_interval(estimate):
        return False
    low, high = float(estimate["low"]), float(estimate["high"])
    return high - low > _NARROW * max(abs(low), abs(high))


def value_of(estimate: Evidence | None) -> str:
    """Write the value of an estimate with the digits that its interval justifies."""
    return NONE if not estimate else number(estimate.get("value"), decimals_of(estimate))


def value_beside(estimate: Evidence | None, other: Evidence | None) -> str:
    """Write the value of an estimate with as many decimals as the one that it is compared with."""
    if not estimate or not other or decimals_of(other) is None:
        return value_of(estimate)
    return number(estimate.get("value"), decimals_of(other))


def has_interval(estimate: Evidence | None) -> bool:
    """Tell whether both ends are known."""
    return bool(estimate) and is_number(estimate.get("low")) and is_number(estimate.get("high"))  # type: ignore[union-attr]


def interval_of(estimate: Evidence | None) -> str:
    """Write the interval of an estimate, such as "0.823 to 0.861"."""
    if not estimate or not has_interval(estimate):
        return NONE
    places = decimals_of(estimate)
    return say("marks.interval", low=number(estimate["low"], places), high=number(estimate["high"], places))


def estimate_text(estimate: Evidence | None) -> str:
    """Write an estimate with its interval, such as "0.842 (0.823 to 0.861)"."""
    if not estimate or not has_width(estimate):
        return value_of(estimate)
    return say("marks.estimate", value=value_of(estimate), interval=interval_of(estimate))


def points_between(estimate: Evidence | None) -> str:
    """Write the interval of a share in percent, such as "73.3 % to 77.4 %"."""
    if not estimate or not has_interval(estimate):
        return NONE
    return say("marks.interval", low=points(estimate["low"]), high=points(estimate["high"]))


def size_of(estimate: Evidence) -> Evidence:
    """Return the loss for a gain below zero: 3 (-1 to 7) for -3 (-7 to 1); other estimates as they are."""
    if not is_number(estimate.get("value")) or estimate["value"] >= 0:
        return estimate
    ends = {key: -estimate[key] if is_number(estimate.get(key)) else None for key in ("value", "low", "high")}
    return {**estimate, "value": ends["value"], "low": ends["high"], "high": ends["low"]}


def score_text(score: object) -> str:
    """Write a score that may be a number, an estimate or absent."""
    return value_of(score) if isinstance(score, Mapping) else number(score)


def percent(share: object, decimals: int = 0) -> str:
    """Write a share in [0, 1] as a percentage that is never falsely 0 % or 100 %."""
    if not is_number(share):
        return NONE
    hundredths = float(share) * 100  # type: ignore[arg-type]  # is_number has just seen to it
    least = 10.0**-decimals
    if 0 < hundredths < least:
        words = f"<{least:.{decimals}f} %"
    elif 100 - least < hundredths < 100:
        words = f">{100 - least:.{decimals}f} %"
    else:
        words = f"{hundredths:.{decimals}f} %"
    return shown(words, share, 100)


def in_hundred(share: object) -> str:
    """Write a share in [0, 1] as a count of a hundred, such as "84"; never falsely none or all."""
    if not is_number(share):
        return NONE
    hundredths = float(share) * 100  # type: ignore[arg-type]  # is_number has just seen to it
    return shown(
        "<1" if 0 < hundredths < 1 else ">99" if 99 < hundredths < 100 else f"{hundredths:.0f}", share, 100
    )


def estimate_in_hundred(estimate: Evidence | None) -> str:
    """Write the estimate of a share as a count of a hundred with its interval, such as "84 (81 to 86)"."""
    if not estimate:
        return NONE
    value = in_hundred(estimate.get("value"))
    if not estimate or not has_width(estimate):
        return value
    span = say("marks.interval", low=in_hundred(estimate["low"]), high=in_hundred(estimate["high"]))
    return say("marks.estimate", value=value, interval=span)


def points(share: object) -> str:
    """Write a share with one decimal, such as "91.2 %"."""
    return shown(f"{100 * float(share):.1f} %", share, 100) if is_number(share) else NONE  # type: ignore[arg-type]


def hundredths(share: object, decimals: int = 0) -> str:
    """Write a share in points without their name, such as "3.1"."""
    return shown(f"{100 * float(share):.{decimals}f}", share, 100) if is_number(share) else NONE  # type: ignore[arg-type]


def seconds(value: object) -> str:
    """Write a duration, such as "0.4 s", "48 s" or "2 min 5 s"."""
    if not is_number(value):
        return NONE
    amount = float(value)  # type: ignore[arg-type]  # is_number has just seen to it
    if amount < 10:
        return shown(f"{amount:.1f} s", value)
    whole = round(amount)
    if whole < 120:
        return shown(f"{whole} s", value)
    hours, rest = divmod(whole, 3600)
    parts = [(hours, "h"), (rest // 60, "min"), (rest % 60 if not hours else 0, "s")]
    return shown(" ".join(f"{amount} {unit}" for amount, unit in parts if amount), value)


def size(n_bytes: object) -> str:
    """Write a file size, such as "184 kB"."""
    if not is_number(n_bytes):
        return NONE
    amount = float(n_bytes)  # type: ignore[arg-type]  # is_number has just seen to it
    for power, unit in enumerate(("bytes", "kB", "MB", "GB")):
        if amount < 1000 or unit == "GB":
            digits = f"{amount:.0f}" if amount >= 10 or unit == "bytes" else f"{amount:.1f}"
            return shown(f"{digits} {unit}", n_bytes, 1000.0**-power)
        amount /= 1000
    return NONE


def moment(value: object) -> str:
    """Write a point of time to the minute, such as "2026-11-22 11:52 UTC"; what is none stays as it is."""
    try:
        told = datetime.fromisoformat(str(value))
    except ValueError:
        return brief(value)
    zone = f" {told.tzname()}" if told.tzinfo else ""
    return f"{told:%Y-%m-%d %H:%M}{zone}"


def brief(value: object, length: int = 60) -> str:
    """Cut a text that would break the page, saying so with an ellipsis.

    What is written from right to left is set apart, so that the words and numbers around it keep their order.
    """
    if isinstance(value, Number):
        return number(value)
    text = " ".join(str(value).split())
    told = text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
    if told.isascii() or not any(bidirectional(letter) in _TURNS for letter in told):
        return told
    return f"{_ISOLATE}{told}{_ISOLATED}"


def listing(items: Sequence[object], last: str = "and") -> str:
    """Join words as a sentence does: "a, b and c"; `last` is "and" or "or"."""
    words = [item if isinstance(item, str) else str(item) for item in items]
    if len(words) < 2:
        return words[0] if words else NONE
    between: list[str] = []
    for word in words[:-1]:
        between += [", ", word] if between else [word]
    return Text([*between, f" {catalogue(language())[f'marks.{last}']} ", words[-1]])


def some_of(names: Sequence[object], most: int, last: str = "and") -> str:
    """Join the first `most` names as a sentence does, and say how many more there are."""
    n_more = len(names) - most
    return listing([*names[:most], say("marks.more", n=str(n_more))] if n_more > 0 else names, last)
