"""Dates in JSON: the pattern takes exactly the days that there are."""

from __future__ import annotations

import calendar

import msgspec
import pytest

from mlwright.core.schema import Column, Kind
from mlwright.serving.cells import checked, decoded_type, json_shape
from mlwright.serving.problems import Problem

WHEN = Column(name="when", kind=Kind.DATETIME)
DECODER = msgspec.json.Decoder(decoded_type(WHEN))


def takes(text):
    try:
        return DECODER.decode(msgspec.json.encode(text)) == text
    except msgspec.ValidationError:
        return False


def test_every_day_there_is_and_no_other():
    for year in (1, 4, 99, 100, 400, 999, 1000, 1600, 1700, 1900, 1999, 2000, 2023, 2024, 2100, 9996, 9999):
        for month in range(14):
            n_days = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
            days = [day for day in range(33) if takes(f"{year:04}-{month:02}-{day:02}")]
            assert days == list(range(1, n_days + 1)), (year, month)


def test_leap_days_of_all_years():
    leap = [year for year in range(10_000) if takes(f"{year:04}-02-29")]
    assert leap == [year for year in range(1, 10_000) if calendar.isleap(year)]
    assert not takes("0000-01-01")


@pytest.mark.parametrize("text", [
    "2024-05-31", "2024/05/31 08:00", "2024-05-31T23:59:59", "2024-05-31T08:00:00.123456Z",
    "2024-05-31 08:00:00 UTC", "2024-05-31T08:00+05:30",
])  # fmt: skip
def test_these_are_dates(text):
    assert takes(text)
    assert checked(WHEN, 1, text) == text


@pytest.mark.parametrize("text", [
    "", " ", "2024-05-31\n", " 2024-05-31", "2024-05", "20240531", "2024-05-31T24:00", "2024-05-31T08",
    "2024-05-31T08:60", "2024-05-31+01:00", "٢٠٢٤-05-31", "31.05.2024", "now",
])  # fmt: skip
def test_these_are_none(text):
    assert not takes(text)
    with pytest.raises(Problem, match="expected a date such as 2024-05-31"):
        checked(WHEN, 1, text)


def test_moments_to_the_nanosecond_are_told_what_is_read():
    with pytest.raises(Problem, match=r"six digits at most"):
        checked(WHEN, 1, "2024-05-31T08:00:00.123456789Z")


def test_a_column_that_was_written_otherwise_takes_texts():
    column = Column(name="when", kind=Kind.DATETIME, date_format="%d.%m.%Y")
    assert json_shape(column) == {"type": ["string", "null"]}
    assert checked(column, 1, "31.05.2024") == "31.05.2024"


def test_a_number_too_large_for_a_double_is_refused():
    with pytest.raises(Problem, match="row 3: found 1000"):
        checked(Column(name="n", kind=Kind.NUMBER), 3, 10**400)
