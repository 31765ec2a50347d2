"""The naive forecast of a table that is judged forward in time: a rival that a model of it has to beat.

A constant is none there: last year's month, or yesterday's hour, is what anybody would answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.evaluation import Direction
from mlwright.core.prediction import Prediction
from mlwright.core.said import said
from mlwright.core.schema import Kind, Role
from mlwright.core.shelves import METRICS
from mlwright.core.task import Link, losses
from mlwright.data.series import are_long, series_columns, series_numbers
from mlwright.evaluation.naive import Asked, Past, Rows, choose
from mlwright.evaluation.score import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array, Columns, Floats, Integers
    from mlwright.core.schema import Column
    from mlwright.core.task import Task
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_MOST_ROWS = 2_000_000
"""Of more, the latest are looked at: a rule of the recent past loses nothing."""
_FEWEST_IN_A_LEVEL = 5
_LEAST_KNOWN, _LEAST_LATER = 0.5, 0.95
_NAMES = frozenset({Role.FEATURE, Role.ENTITY, Role.ID, Role.GROUP})
_NAMELESS = frozenset({Kind.DATETIME, Kind.TEXT, Kind.CONSTANT})


@final
@dataclass(frozen=True, slots=True, eq=False)
class Naive:
    """Answers for the sealed test, shape (n_rows,), and the "baseline_rule" of the evidence."""

    values: Floats
    told: dict[str, Any]


def naive_forecast(prepared: Prepared, options: TrainOptions, constant: Floats) -> Naive | None:
    """Foretell the sealed test by the rule that would have foretold the rows before it best.

    Which rule, known rows alone decide. With a history (`--history`) the model is told what was true a moment
    before each row of the test, so the rule is.

    Parameters
    ----------
    constant
        What a model that ignores every column answers, shape (n_test,): for rows of unknown series.

    Returns
    -------
    None where the constant is the better rule, or the only one: the test does not lie after what is known,
    the target is no number, or nothing tells which row goes on from which.
    """
    everything, known = prepared.everything, _known_rows(prepared)
    times, target, test = everything.times, everything.target, prepared.split.test
    if prepared.task.link is not Link.IDENTITY or times is None or target is None or not len(known):
        return None
    if not np.isfinite(times[test]).all():
        return None
    candidates = _candidates(prepared, len(known))
    names = series_columns({name: cells[known] for name, cells in candidates.items()}, times[known])
    if names is None:
        return None
    both = np.concatenate([known, test])
    whole = {name: candidates[name][both] for name in names}
    series = np.zeros(everything.n_rows, np.int64)
    series[both] = series_numbers(whole, names, len(both))
    rows = Rows(series, times, target, everything.groups)
    ahead = _ahead(rows, known, test)
    if not are_long(series[known]) or np.mean(ahead > 0) < _LEAST_LATER:
        return None
    naive = _foretold(prepared, options, (rows, known), float(ahead.max()), constant)
    return naive and replace(naive, told={**naive.told, "series": list(names)})


def _ahead(rows: Rows, known: Integers, test: Integers) -> Floats:
    """Return how far each row of the test lies beyond what is known: of its series, if that ended before."""
    ends = np.full(int(rows.series.max()) + 1, -np.inf)
    np.maximum.at(ends, rows.series[known], rows.times[known])
    last = float(rows.times[known].max())
    own = ends[rows.series[test]]
    since = np.where(np.isfinite(own) & (rows.times[test].min() <= last), own, last)
    return np.asarray(rows.times[test] - since)


def _foretold(
    prepared: Prepared,
    options: TrainOptions,
    cells: tuple[Rows, Integers],
    horizon: float,
    constant: Floats,
) -> Naive | None:
    """Choose a rule among the known of all rows, and foretell the test by it."""
    (rows, known), test, task = cells, prepared.split.test, prepared.task
    is_dated = prepared.schema.role_of(Role.TIME)[0].kind is Kind.DATETIME
    delay = options.known_after_s if options.history else None

    def measure(truth: Floats, given: Floats) -> float:
        return loss(task, truth, given)

    choice = choose(rows.take(known), horizon, measure, is_dated=is_dated, delay=delay)
    if choice.rule is None:
        return None
    times, past = rows.times[test], choice.past
    until = np.minimum(times, np.nextafter(rows.times[known].max(), np.inf))
    if delay is not None:
        past, until = Past.of(rows.take(np.concatenate([known, test])), is_dated=is_dated), times - delay
    elif rows.groups is not None:  # a part of them was set apart for the choice
        past = Past.of(rows.take(known), is_dated=is_dated)
    found = past.foretell(choice.rule, Asked(rows.series[test], times, until, constant))
    if found.is_known.mean() < _LEAST_KNOWN:  # of times and series alone: no truth of the test has a say
        return None
    told = {
        "name": choice.rule.name,
        "says": choice.rule.older if found.is_older else choice.rule.says,
        "is_rolling": delay is not None,
        "n_unknown": int((~found.is_known).sum()),
        "tried": [{"name": name, "loss": one} for name, one in choice.tried.items()],
    }
    return Naive(found.values, told)


def loss(task: Task, truth: Floats, given: Floats) -> float:
    """Return the metric of the task if less of it is better, else the proper loss."""
    if METRICS.get(task.metric).direction is Direction.MIN:
        return value(task.metric, truth, Prediction(given[:, None]))
    return float(losses(task.link, truth, given[:, None]).mean())


def called(told: Mapping[str, Any]) -> str:
    """Name the rule in a sentence of the evidence, with the columns that tell series apart."""
    names: Sequence[str] = told["series"]
    says: str = told["says"]
    if not names:
        return says
    series = names[0]
    for name in names[1:-1]:
        series = said("{some}, {more}", some=series, more=name)
    if len(names) > 1:
        series = said("{some} and {more}", some=series, more=names[-1])
    return said("{rule} in the same {series}", rule=says, series=series)


def _known_rows(prepared: Prepared) -> Integers:
    """Return the rows whose value is known before the test, those with a time; of very many the latest."""
    times = prepared.everything.times
    known: Integers = np.sort(np.concatenate([prepared.split.train, prepared.split.held]))
    if times is None:
        return known
    known = known[np.isfinite(times[known])]
    if len(known) > _MOST_ROWS:
        since = np.partition(times[known], -_MOST_ROWS)[-_MOST_ROWS]
        known = known[times[known] >= since]
    return known


def _candidates(prepared: Prepared, n_known: int) -> Columns:
    """Return the columns that might tell series apart, in the order of the table."""
    everything, found = prepared.everything, {}
    for column in prepared.schema:
        cells: Array | None = everything.columns.get(column.name, everything.ids.get(column.name))
        if column.role is Role.GROUP and everything.groups is not None:
            cells = everything.groups
        if cells is not None and _may_name_a_series(column, n_known):
            found[column.name] = cells
    return found


def _may_name_a_series(column: Column, n_known: int) -> bool:
    is_name = column.kind is not Kind.NUMBER or column.is_integer
    is_name = is_name and column.role in _NAMES and column.kind not in _NAMELESS
    return is_name and 2 <= column.n_unique <= n_known / _FEWEST_IN_A_LEVEL
