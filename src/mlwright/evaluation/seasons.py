"""Seasons: days, weeks and years in a grid of times, and which slot of a season a moment falls into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers

_DAY_S = 86_400.0
_MOST_A_DAY = 1_440
"""Slots are no finer than a minute."""
_MOST_DAYS = 500
"""No season has as many days, however they are numbered."""
_MONTHLY_S, _DAILY_S = 20 * _DAY_S, 1.5 * _DAY_S
_LEAP_DAY, _DAY_BEFORE = 2 * 31 + 29, 2 * 31 + 28


class Season(Enum):
    """What comes again, with its length [days] and the widest step [days] that shows it."""

    DAY = (1.0, 0.51)
    WEEK = (7.0, 3.51)
    WEEKS_52 = (364.0, 10.0)
    """A year of the same days of the week."""
    YEAR = (365.25, 184.0)

    @property
    def length_s(self) -> float:
        """How long it takes [s]."""
        return self.value[0] * _DAY_S

    @property
    def widest_s(self) -> float:
        """The widest step [s] between moments in which it can be seen."""
        return self.value[1] * _DAY_S


@final
@dataclass(frozen=True, slots=True)
class Calendar:
    """A grid of moments: the usual step [s], how many make a day, and where in its slot the first falls [s].

    Moments need not lie on the grid: each counts as the nearest point of it.
    """

    step_s: float
    span_s: float
    phase_s: float
    n_a_day: int

    @classmethod
    def of(cls, series: Integers, times: Floats) -> Calendar:
        """Read the grid off the moments of series, sorted by both, shape (n_moments,)."""
        steps = np.diff(times)[np.diff(series) == 0]
        step = float(np.median(steps)) if len(steps) else np.inf
        n_a_day = int(np.clip(round(_DAY_S / step), 1, _MOST_A_DAY))
        first, last = float(times.min()), float(times.max())
        return cls(step, last - first, first % (_DAY_S / n_a_day), n_a_day)

    @property
    def seasons(self) -> tuple[Season, ...]:
        """The seasons that are longer than a step and shorter than what is known."""
        found = [one for one in Season if self.step_s <= one.widest_s and one.length_s < self.span_s]
        has_dates = self.step_s <= _DAILY_S or self.step_s >= _MONTHLY_S  # weekly moments share no date
        return tuple(one for one in found if one is not Season.YEAR or has_dates)

    def slots(self, season: Season, times: Floats, *, is_asked: bool) -> tuple[Integers, int]:
        """Return the slot of each moment in its season, shape (n_moments,), and a number that none reaches.

        On a leap day it `is_asked` for that of the day before, as no other year has it.
        """
        numbers = np.floor((times - self.phase_s) * (self.n_a_day / _DAY_S) + 0.5).astype(np.int64)
        days, parts = np.divmod(numbers, self.n_a_day)
        return self._days(season, days, is_asked) * self.n_a_day + parts, _MOST_DAYS * self.n_a_day

    def _days(self, season: Season, days: Integers, is_asked: bool) -> Array:  # noqa: FBT001 - private
        """Return the number of each day in its season."""
        if season is not Season.YEAR:
            return days % round(season.length_s / _DAY_S)
        dates = days.astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        month = months.astype(np.int64) % 12 + 1
        if self.step_s >= _MONTHLY_S:
            return month
        found = month * 31 + (dates - months).astype(np.int64) + 1
        return np.where(found == _LEAP_DAY, _DAY_BEFORE, found) if is_asked else found
