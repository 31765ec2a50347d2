"""Trends: what becomes more and what less with time, beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Floats, Integers

_PERIODS = (
    ("hour", "h", 3_600.0),
    ("day", "D", 86_400.0),
    ("week", "W", 604_800.0),
    ("month", "M", 2_629_800.0),
    ("quarter", "M", 7_889_400.0),
    ("year", "Y", 31_557_600.0),
)
"""Name, numpy's unit, seconds."""
_MOST_PERIODS = 36
_FEWEST_EVENTS = 20
"""In a period whose shares are shown."""
_SURE = 3.0
"""Standard errors between the first third of the periods and the last: several things are looked at."""


def find_trends(times: Floats, things: Integers, names: Sequence[str]) -> dict[str, Any] | None:
    """Say how the share of each thing goes over time; None without two periods of enough events.

    Parameters
    ----------
    times
        Epoch seconds, NaN where unknown, shape (n_events,).
    things
        Numbers from 0 on, -1 is none, shape (n_events,).

    Notes
    -----
    Periods vary more among each other than chance alone explains, so the error of a third is that of the
    shares of its periods, or that of chance if it is larger.
    """
    known = np.flatnonzero(~np.isnan(times))
    if not len(known):
        return None
    unit, at, labels = _periods(times[known])
    n_all = np.bincount(at, minlength=len(labels))
    kept = np.flatnonzero(n_all >= _FEWEST_EVENTS)
    if len(kept) < 2:
        return None
    found = []
    for number, name in enumerate(names):
        counts = np.bincount(at[things[known] == number], minlength=len(labels))
        shares = counts[kept] / n_all[kept]
        low, high, change, error = _change(counts[kept], n_all[kept])
        direction = "steady" if abs(change) <= _SURE * error else "rising" if change > 0 else "falling"
        found.append(
            {"name": name, "direction": direction, "early": low, "late": high, "shares": shares.tolist()}
        )
    return {
        "period": unit,
        "periods": [labels[one] for one in kept],
        "n_events": n_all[kept].tolist(),
        "things": found,
    }


def _periods(times: Floats) -> tuple[str, Integers, list[str]]:
    """Cut time into the shortest usual periods of which there are not too many."""
    span = float(times.max() - times.min())
    unit, code, _ = next((one for one in _PERIODS if span / one[2] <= _MOST_PERIODS), _PERIODS[-1])
    moments = times.astype("datetime64[s]")
    months = moments.astype("datetime64[M]").astype(np.int64)
    if unit == "quarter":
        numbers = months // 3
        spelled = [f"{1970 + n // 4}-Q{n % 4 + 1}" for n in range(int(numbers.min()), int(numbers.max()) + 1)]
    else:
        numbers = moments.astype(f"datetime64[{code}]").astype(np.int64)
        every = np.arange(int(numbers.min()), int(numbers.max()) + 1)
        spelled = [str(one) for one in every.astype(f"datetime64[{code}]")]
    return unit, numbers - numbers.min(), spelled


def _change(counts: Integers, totals: Integers) -> tuple[float, float, float, float]:
    """Return the share in the first third and in the last, their difference and its standard error."""
    third = max(1, len(counts) // 3)
    ends: list[float] = []
    errors: list[float] = []
    for part in (slice(None, third), slice(-third, None)):
        n, k = totals[part].sum(), counts[part].sum()
        share = (k + 0.5) / (n + 1.0)
        by_chance = float(np.sqrt(share * (1.0 - share) / n))
        each = counts[part] / totals[part]
        among = float(each.std(ddof=1) / len(each) ** 0.5) if len(each) > 1 else 0.0
        ends.append(float(k / n))
        errors.append(max(by_chance, among))
    return ends[0], ends[1], ends[1] - ends[0], float(np.hypot(errors[0], errors[1]))
