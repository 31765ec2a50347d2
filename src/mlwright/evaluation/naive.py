"""Naive forecasts: the last known value, that of a season ago, a mean. What a model of time has to beat.

Source: Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, section 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.said import said
from mlwright.core.seeds import stream
from mlwright.evaluation.seasons import Calendar, Season

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.arrays import Array, Floats, Integers

_LEAST_GAIN = 0.01
"""So much less loss, as a share, must a rule have than a simpler one: else the difference is chance."""
_LEAST_KNOWN = 0.2
_N_CUTS, _MOST_CUTS, _FEW_ROWS, _MOST_ROWS = 10, 50, 100, 30_000
"""Moments from which known rows are foretold: more of them where they are few rows, and of many, some."""
_DRAWN_OF = 5


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """One way to foretell; `older` is said where it had to look back by more than one season."""

    name: str
    says: str
    older: str = ""
    season: Season | None = None
    is_mean: bool = False


RULES = (
    Rule("last", said("the last known value")),
    Rule("mean", said("the mean of the known values"), is_mean=True),
    Rule(
        "day_ago", said("the value of a day before"),
        said("the last known value at the same time of day"), Season.DAY,
    ),
    Rule(
        "week_ago", said("the value of a week before"),
        said("the last known value at the same time of the week"), Season.WEEK,
    ),
    Rule(
        "weeks_52_ago", said("the value of 52 weeks before"),
        said("the last known value at steps of 52 weeks"), Season.WEEKS_52,
    ),
    Rule(
        "year_ago", said("the value of a year before"),
        said("the last known value at the same time of the year"), Season.YEAR,
    ),
    Rule("day_mean", said("the mean at the same time of day"), "", Season.DAY, is_mean=True),
    Rule("week_mean", said("the mean at the same time of the week"), "", Season.WEEK, is_mean=True),
    Rule("year_mean", said("the mean at the same time of the year"), "", Season.YEAR, is_mean=True),
)  # fmt: skip
"""The simplest first."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows with known values, in any order: the number of the series, the time and the value of each.

    `groups` are numbers of what is judged apart from what it was learned from, None if nothing is.
    """

    series: Integers
    times: Floats
    values: Floats
    groups: Integers | None = None

    def take(self, rows: Integers) -> Rows:
        """Return the chosen rows."""
        groups = None if self.groups is None else self.groups[rows]
        return Rows(self.series[rows], self.times[rows], self.values[rows], groups)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Rows to foretell: series, time, before which moment values are known, and what else is answered."""

    series: Integers
    times: Floats
    until: Floats
    otherwise: Floats


@final
@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Answers, which of them the rule itself knew, and whether some are older than one season."""

    values: Floats
    is_known: Array
    is_older: bool


@final
@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What is known of each series at any moment; rows of one series and moment are one, their mean.

    `calendar` is None where times are no dates.
    """

    moments: Floats
    series: Integers
    places: Integers
    values: Floats
    calendar: Calendar | None
    _sorted: dict[Season | None, tuple[Integers, Integers, Floats]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Rows, *, is_dated: bool) -> Past:
        """Put known rows in order."""
        moments, places = np.unique(rows.times, return_inverse=True)
        keys = rows.series * (len(moments) + 1) + places.ravel()
        keys, at = np.unique(keys, return_inverse=True)
        values = np.bincount(at.ravel(), rows.values) / np.bincount(at.ravel())
        series, places = np.divmod(keys, len(moments) + 1)
        calendar = Calendar.of(series, moments[places]) if is_dated and len(keys) else None
        return cls(moments, series, places, values, calendar)

    @property
    def rules(self) -> list[Rule]:
        """The rules that differ here, the simplest first."""
        n_series = len(np.unique(self.series))
        seasons = () if self.calendar is None else self.calendar.seasons
        found = [rule for rule in RULES if rule.season is None or rule.season in seasons]
        return [rule for rule in found if rule.season or not rule.is_mean or n_series > 1]

    def foretell(self, rule: Rule, asked: Asked) -> Forecast:
        """Answer by a rule; where it knows nothing by the series alone, else by what was given."""
        values, ages = self._told(rule, asked)
        is_known = ~np.isnan(values)
        if rule.season is not None:
            plain, _ = self._told(Rule("", "", is_mean=rule.is_mean), asked)
            values = np.where(is_known, values, plain)
        length = np.inf if rule.season is None else 1.5 * rule.season.length_s
        is_older = not rule.is_mean and bool((ages[is_known] > length).any())
        return Forecast(np.where(np.isnan(values), asked.otherwise, values), is_known, is_older)

    def _told(self, rule: Rule, asked: Asked) -> tuple[Floats, Floats]:
        """Return what a rule says, NaN where it knows nothing, and how old a single value is."""
        keys, order, sums = self._in_order(rule.season)
        until = asked.until
        if rule.season is not None and not rule.is_mean:
            until = np.minimum(until, asked.times - 0.5 * rule.season.length_s)
        begin = self._keys(rule.season, asked.series, asked.times, is_asked=True)
        start = np.searchsorted(keys, begin)
        stop = np.searchsorted(keys, begin + np.searchsorted(self.moments, until))
        some = np.flatnonzero(stop > start)
        start, stop = start[some], stop[some]
        values, ages = np.full((2, len(asked.times)), np.nan)
        last = order[stop - 1]
        ages[some] = asked.times[some] - self.moments[self.places[last]]
        values[some] = (sums[stop] - sums[start]) / (stop - start) if rule.is_mean else self.values[last]
        return values, ages

    def _in_order(self, season: Season | None) -> tuple[Integers, Integers, Floats]:
        """Return keys of series, slot and moment, ascending, the row of each, and sums up to each."""
        if season not in self._sorted:
            keys = self._keys(season, self.series, self.moments[self.places], is_asked=False) + self.places
            order = np.argsort(keys, kind="stable")
            sums = np.concatenate([[0.0], np.cumsum(self.values[order])])
            self._sorted[season] = keys[order], order, sums
        return self._sorted[season]

    def _keys(self, season: Season | None, series: Integers, times: Floats, *, is_asked: bool) -> Integers:
        slots, n_slots = np.zeros(len(times), np.int64), 1
        if season is not None and self.calendar is not None:
            slots, n_slots = self.calendar.slots(season, times, is_asked=is_asked)
        return (series * n_slots + slots) * (len(self.moments) + 1)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The rule that was best among known rows, None for a constant, and what it was chosen by.

    `tried` holds losses, lower is better; `past` is what was known of rows that were not set apart.
    """

    rule: Rule | None
    tried: dict[str, float]
    past: Past


def choose(
    rows: Rows,
    horizon: float,
    measure: Callable[[Floats, Floats], float],
    *,
    is_dated: bool,
    delay: float | None = None,
) -> Choice:
    """Choose the rule that would have foretold known rows best, if any does better than their mean.

    Later known rows are foretold from earlier ones as the test will be: from ten moments of the later half
    on, each as far ahead as the test reaches, or known rows do.

    Parameters
    ----------
    rows
        Known rows. Of grouped ones a fifth of the groups is judged by the others.
    horizon
        How far the test reaches beyond these rows, in the unit of times.
    measure
        The loss of answers, of truth and answer, each of shape (n_rows,); lower is better.
    is_dated
        Whether times are epoch seconds.
    delay
        How long after its time a value is known, where values become known while the test goes on; None where
        nothing is known of it.
    """
    is_apart = np.zeros(len(rows.times), bool) if rows.groups is None else _drawn(rows.groups)
    is_source = ~is_apart if delay is None else np.ones(len(rows.times), bool)
    past = Past.of(rows.take(np.flatnonzero(is_source)), is_dated=is_dated)
    judged = np.flatnonzero(is_apart | (rows.groups is None))
    asked, truth = _later_rows(rows, judged, np.flatnonzero(~is_apart), horizon, delay)
    if not len(truth):
        return Choice(None, {}, past)
    least, best, tried = measure(truth, asked.otherwise), None, {}
    for rule in past.rules:
        found = past.foretell(rule, asked)
        if found.is_known.mean() < _LEAST_KNOWN:
            continue
        tried[rule.name] = measure(truth, found.values)
        if tried[rule.name] < (1.0 - _LEAST_GAIN) * least:
            least, best = tried[rule.name], rule
    return Choice(best, tried, past)


def _later_rows(
    rows: Rows, judged: Integers, learned: Integers, horizon: float, delay: float | None
) -> tuple[Asked, Floats]:
    """Return rows to foretell, those after each cut below each other, and their values.

    What is answered otherwise is the mean of the `learned` rows before the cut.
    """
    ends, parts, means = [], [], []
    for cut in _cuts(rows.times, horizon):
        own = rows.times[judged]
        later = judged[(own > cut) & (own <= cut + horizon)]
        before = rows.values[learned[rows.times[learned] <= cut]]
        if len(later) and len(before):
            parts.append(later)
            ends.append(np.full(len(later), np.nextafter(cut, np.inf)))
            means.append(np.full(len(later), before.mean()))
    if not parts:
        nothing = rows.take(np.zeros(0, np.int64))
        return Asked(nothing.series, nothing.times, nothing.times, nothing.values), nothing.values
    at = np.concatenate(parts)
    drawn = np.sort(stream(0, "naive").permutation(len(at))[:_MOST_ROWS])
    some = rows.take(at[drawn])
    until = np.concatenate(ends)[drawn] if delay is None else some.times - delay
    return Asked(some.series, some.times, until, np.concatenate(means)[drawn]), some.values


def _cuts(times: Floats, horizon: float) -> Floats:
    """Return the moments from which known rows are foretold, ascending."""
    last = float(times.max())
    first, late = np.quantile(times, [0.5, 0.75])
    n_rows = max(1.0, len(times) * horizon / max(last - float(times.min()), horizon))
    n_cuts = int(np.clip(_FEW_ROWS / n_rows, _N_CUTS, _MOST_CUTS))
    return np.asarray(np.linspace(first, max(late, last - horizon), n_cuts))


def _drawn(groups: Integers) -> Array:
    """Return whether a row's group is one of the fifth that is judged by the others, shape (n_rows,)."""
    _, numbers = np.unique(groups, return_inverse=True)
    return np.asarray(numbers.ravel() % _DRAWN_OF == 1)
