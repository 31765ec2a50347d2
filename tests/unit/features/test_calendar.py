"""Dates in parts, against Python's own calendar."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from mlwright.core.dataset import Dataset
from mlwright.core.schema import Column, Kind, Schema
from mlwright.features.steps.calendar import PARTS, Calendar, split
from mlwright.testing.lowered import lowered_step

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_S = 86_400.0


def seconds(moment):
    return (moment - EPOCH).total_seconds()


def expected(moment):
    """Days of the year count from 1 March, of this year or the last."""
    start = date(moment.year if moment.month > 2 else moment.year - 1, 3, 1) if moment.year > 1 else None
    return {
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "weekday": moment.weekday(),
        "hour": moment.hour,
        **({"day_of_year": (moment.date() - start).days} if start else {}),
    }


def check(moments):
    parts = split(np.array([seconds(moment) for moment in moments]), 0.0)
    for row, moment in enumerate(moments):
        for name, value in expected(moment).items():
            assert parts[name][row] == value, (moment, name)


def test_every_year_from_1_to_9999_around_its_turns():
    turns = [(1, 1), (2, 28), (3, 1), (12, 31)]
    check([datetime(y, m, d, 23, 59, 59, tzinfo=UTC) for y in range(1, 10_000) for m, d in turns])


def test_every_day_of_two_centuries():
    first = datetime(1799, 12, 31, 12, 30, tzinfo=UTC)
    check([first + timedelta(days=n) for n in range(146_097 // 2)])


@pytest.mark.parametrize("year", [1600, 1900, 1904, 1968, 2000, 2024, 2100, 9996])
def test_leap_days(year):
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    start = datetime(year, 2, 28, tzinfo=UTC)
    check([start + timedelta(hours=h) for h in range(0, 72, 5)])
    after = split(np.array([seconds(start) + DAY_S]), 0.0)
    assert (after["month"][0], after["day"][0]) == ((2, 29) if is_leap else (3, 1))


def test_before_1970_the_hour_still_counts_forward():
    parts = split(np.array([-1.0, -3_600.0, -DAY_S, -DAY_S - 0.5]), 0.0)
    assert parts["hour"].tolist() == [23, 23, 0, 23]
    assert parts["day"].tolist() == [31, 31, 31, 30]
    assert parts["year"].tolist() == [1969] * 4


def test_what_is_missing_stays_missing_and_what_is_far_away_stays_finite():
    parts = split(np.array([np.nan, 1e300, -1e300, 1e13, -1e13]), 0.0)
    for name in PARTS:
        assert np.isnan(parts[name][0])
    for name in set(PARTS) - {"days"}:
        assert np.isfinite(parts[name][1:]).all()
    assert parts["year"][1:].tolist() == [9999, 0, 9999, 0]


def test_only_parts_that_vary_are_kept():
    times = np.array([seconds(datetime(2024, m, 1, tzinfo=UTC)) for m in range(1, 13)] + [np.nan])
    schema = Schema((Column(name="when", kind=Kind.DATETIME), Column(name="n", kind=Kind.NUMBER)))
    dataset = Dataset(schema=schema, columns={"when": times, "n": times}, n_rows=13)
    fitted = Calendar().fit(dataset, 0)
    kept = {name.split(".")[1] for name in fitted.layout.dense}
    assert {"days", "month", "weekday"} <= kept
    assert not {"day", "hour"} & kept
    assert fitted.layout.reads == ("when",)


def test_the_program_knows_the_same_calendar():
    rng = np.random.default_rng(0)
    times = np.concatenate([rng.uniform(-6.2e10, 2.5e11, 3_000), np.arange(-40, 40) * DAY_S - 1.0])
    schema = Schema((Column(name="when", kind=Kind.DATETIME),))
    columns = {"when": times}
    fitted = Calendar().fit(Dataset(schema=schema, columns=columns, n_rows=len(times)), 0)
    assert len(fitted.layout.dense) == len(PARTS)
    np.testing.assert_array_equal(
        lowered_step(fitted, schema, columns, "dense"), fitted.transform(columns).dense
    )


def test_a_column_without_any_date_or_with_one_gives_nothing():
    schema = Schema((Column(name="when", kind=Kind.DATETIME),))
    for times in (np.full(5, np.nan), np.zeros(5)):
        assert Calendar().fit(Dataset(schema=schema, columns={"when": times}, n_rows=5), 0) is None


def test_a_column_without_a_name_is_not_taken_for_the_time_of_the_rows():
    rng = np.random.default_rng(0)
    schema = Schema((Column(name="", kind=Kind.NUMBER), Column(name="when", kind=Kind.DATETIME)))
    columns = {"": rng.uniform(0, 1e9, 50), "when": 1.6e9 + rng.permutation(50) * 3 * DAY_S}
    fitted = Calendar().fit(Dataset(schema=schema, columns=columns, n_rows=50), 0)
    dense = fitted.transform(columns).dense
    np.testing.assert_array_equal(dense, fitted.transform({"when": columns["when"]}).dense)
    np.testing.assert_array_equal(dense, lowered_step(fitted, schema, columns, "dense"))
