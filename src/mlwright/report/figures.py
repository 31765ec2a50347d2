"""Numbers as people read them: just as many digits as are known, units, shares as counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Evidence = Mapping[str, Any]
"""What `evidence.json` holds; see `docs/reference/evidence.md`."""

NONE = "\N{EN DASH}"
"""Stands where nothing is known."""

_SMALLEST = 0.0005
"""Below this a number is written with a power of ten."""


def dig(evidence: Evidence, *keys: str, default: Any = None) -> Any:
    """Follow keys into nested mappings; anything absent or null on the way gives `default`."""
    value: Any = evidence
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return default if value is None else value


def is_number(value: object) -> bool:
    """Tell whether this is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def number(value: object, decimals: int | None = None) -> str:
    """Write a number with about three significant digits, or with `decimals` places."""
    if not is_number(value):
        return NONE
    amount = float(value)  # type: ignore[arg-type]  # is_number has just seen to it
    if decimals is not None:
        return f"{round(amount, decimals) + 0.0:,.{decimals}f}"  # + 0.0 turns -0.0 into 0.0
    size = abs(amount)
    if amount.is_integer() and size < 1e15:
        return f"{amount:,.0f}"
    if size >= 1e15 or size < _SMALLEST:
        return f"{amount:.2e}"
    return f"{amount:,.{0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3}f}"


def decimals_of(estimate: Evidence) -> int | None:
    """Say how many decimals the interval of an estimate justifies; None when it has no width."""
    low, high = estimate.get("low"), estimate.get("high")
    if not (is_number(low) and is_number(high)):
        return None
    ends = float(low), float(high)  # type: ignore[arg-type]  # both are numbers here
    width = ends[1] - ends[0]
    if width <= 0 or max(map(abs, ends)) < _SMALLEST:
        return None
    return min(max(1 - math.floor(math.log10(width)), 0), 4)


def value_of(estimate: Evidence | None) -> str:
    """Write the value of an estimate with the digits that its interval justifies."""
    return NONE if not estimate else number(estimate.get("value"), decimals_of(estimate))


def value_beside(estimate: Evidence | None, other: Evidence | None) -> str:
    """Write the value of an estimate with as many decimals as the one that it is compared with."""
    if not estimate or not other or decimals_of(other) is None:
        return value_of(estimate)
    return number(estimate.get("value"), decimals_of(other))


def interval_of(estimate: Evidence | None) -> str:
    """Write the interval of an estimate, such as "0.823 to 0.861"."""
    if not estimate or not (is_number(estimate.get("low")) and is_number(estimate.get("high"))):
        return NONE
    places = decimals_of(estimate)
    return f"{number(estimate['low'], places)} to {number(estimate['high'], places)}"


def estimate_text(estimate: Evidence | None) -> str:
    """Write an estimate with its interval, such as "0.842 (0.823 to 0.861)"."""
    span = interval_of(estimate)
    return value_of(estimate) if span == NONE else f"{value_of(estimate)} ({span})"


def score_text(score: object) -> str:
    """Write a score that may be a number, an estimate or absent."""
    return value_of(score) if isinstance(score, Mapping) else number(score)


def percent(share: object) -> str:
    """Write a share in [0, 1] as a percentage that is never falsely 0 % or 100 %."""
    if not is_number(share):
        return NONE
    points = float(share) * 100  # type: ignore[arg-type]  # is_number has just seen to it
    if 0 < points < 1:
        return "<1 %"
    if 99 < points < 100:
        return ">99 %"
    return f"{points:.0f} %"


def in_hundred(share: float) -> str:
    """Write a share in [0, 1] as a count, such as "84 times in 100"."""
    if 0.99 < share < 1:
        return "more than 99 times in 100"
    if 0 < share < 0.01:
        return "less than once in 100 times"
    return f"{share * 100:.0f} times in 100"


def in_ten(share: float) -> str:
    """Write a share in [0, 1] loosely, such as "about 8 in 10"."""
    if share >= 0.95:
        return "nearly all"
    if share < 0.05:
        return "hardly any"
    return f"about {round(share * 10) or 1} in 10"


def seconds(value: object) -> str:
    """Write a duration, such as "0.4 s", "48 s" or "2 min 5 s"."""
    if not is_number(value):
        return NONE
    amount = float(value)  # type: ignore[arg-type]  # is_number has just seen to it
    if amount < 10:
        return f"{amount:.1f} s"
    whole = round(amount)
    if whole < 120:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    parts = [(hours, "h"), (rest // 60, "min"), (rest % 60 if not hours else 0, "s")]
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


def size(n_bytes: object) -> str:
    """Write a file size, such as "184 kB"."""
    if not is_number(n_bytes):
        return NONE
    amount = float(n_bytes)  # type: ignore[arg-type]  # is_number has just seen to it
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def brief(value: object, length: int = 60) -> str:
    """Cut a text that would break the page, saying so with an ellipsis."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def listing(items: Sequence[object], last: str = "and") -> str:
    """Join words as a sentence does: "a, b and c"."""
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else NONE
