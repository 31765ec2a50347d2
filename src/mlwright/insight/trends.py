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
_ACCIDENT = 0.0027
"""How often a share that goes nowhere may be told to rise or fall: three standard errors, as several things
are looked at."""


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
    Periods vary more among each other than chance alone explains, so the error of a third is that which the
    spread of all periods around a straight line makes, or that of chance if it is larger. Few periods tell
    little of their spread: Student's t for two fewer than there are. Two tell nothing, so all is steady.
    """
    known = np.flatnonzero(~np.isnan(times))
    if not len(known):
        return None
    unit, at, labels = _periods(times[known])
    n_all = np.bincount(at, minlength=len(labels))
    kept = np.flatnonzero(n_all >= _FEWEST_EVENTS)
    if len(kept) < 2:
        return None
    found, sure = [], _sure(len(kept))
    for number, name in enumerate(names):
        counts = np.bincount(at[things[known] == number], minlength=len(labels))
        shares = counts[kept] / n_all[kept]
        low, high, change, error = _change(counts[kept], n_all[kept])
        is_steady = abs(change) <= sure * error
        direction = "steady" if is_steady else "rising" if change > 0 else "falling"
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
    third, spread = max(1, len(counts) // 3), _spread(counts / totals)
    ends: list[float] = []
    errors: list[float] = []
    for part in (slice(None, third), slice(-third, None)):
        n, k = totals[part].sum(), counts[part].sum()
        share = (k + 0.5) / (n + 1.0)
        by_chance = float(np.sqrt(share * (1.0 - share) / n))
        among = spread * float(np.sqrt((totals[part] ** 2.0).sum()) / n)
        ends.append(float(k / n))
        errors.append(max(by_chance, among))
    return ends[0], ends[1], ends[1] - ends[0], float(np.hypot(errors[0], errors[1]))


def _spread(shares: Floats) -> float:
    """Return the standard deviation of shares around the straight line through them; infinite for two."""
    n_free = len(shares) - 2
    if n_free < 1:
        return np.inf
    line = np.polynomial.Polynomial.fit(np.arange(len(shares)), shares, 1)
    return float(np.sqrt(((shares - line(np.arange(len(shares)))) ** 2).sum() / n_free))


def _sure(n_periods: int) -> float:
    """Return how many errors apart the thirds must be: the fewer periods told the error, the more."""
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy, and not needed to serve

    return float(stdtrit(max(1, n_periods - 2), 1.0 - _ACCIDENT / 2.0))
