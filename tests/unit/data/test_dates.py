from datetime import UTC, date, datetime

import numpy as np
import pytest

from mlwright.data.dates import Dates, guess_dates, read_date, seconds, seconds_of

MAY_31 = datetime(2024, 5, 31, 8, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("2024-05-31T08:00:00", ""),
        ("2024-05-31 08:00", ""),
        ("2024/05/31 08:00:00", ""),
        ("2024-05-31T08:00:00Z", ""),
        ("2024-05-31T10:00:00+02:00", ""),
        ("2024-05-31 08:00:00 UTC", ""),
        ("5/31/2024 08:00", "%m/%d/%Y %H:%M"),
    ],
)
def test_dates_are_seconds_in_utc(text, date_format):
    assert read_date(text, date_format) == MAY_31


@pytest.mark.parametrize("text", ["20240531", "2024", "2024-13-01", "2024-W01-1", "x", "", "2024-05-31x"])
def test_anything_else_is_no_date(text):
    with pytest.raises(ValueError, match=r"^"):
        read_date(text)


def test_arrays_and_single_dates_give_the_same_seconds():
    moments = np.array(["1815-06-18T11:35:07.123456789", "2024-05-31T08:00", "NaT"], dtype="datetime64[ns]")
    first, second, third = seconds_of(moments)
    assert first == seconds(datetime(1815, 6, 18, 11, 35, 7, 123456, tzinfo=UTC))
    assert second == MAY_31
    assert np.isnan(third)
    assert seconds_of(np.array(["2024-05-31"], dtype="datetime64[D]"))[0] == seconds(date(2024, 5, 31))


def test_years_that_no_calendar_holds_are_missing():
    assert np.isnan(seconds_of(np.array(["20000-01-01"], dtype="datetime64[s]"))[0])


@pytest.mark.parametrize(
    ("texts", "date_format"),
    [
        (["2024-05-31", "2024/06/01 10:00"], ""),
        (["05/31/2024", "06/01/2024"], "%m/%d/%Y"),
        (["31/05/2024", "01/06/2024"], "%d/%m/%Y"),
        (["31.05.2024", "1.6.2024"], "%d.%m.%Y"),
        (["31 May 2024", "1 Jun 2024"], "%d %b %Y"),
        (["Aug-62", "Jan-75"], "%b-%y"),
        (["May 31, 2024", "June 1, 2024"], "%B %d, %Y"),
        (["31/05/2024 08:00:01", "1/6/2024 9:10:11"], "%d/%m/%Y %H:%M:%S"),
        (["5/31/2024 8:00 PM", "6/1/2024 9:10 AM"], "%m/%d/%Y %I:%M %p"),
        (["Mon May 31 08:00:00 +0000 2021", "Tue Jun 01 08:00:00 +0000 2021"], "%a %b %d %H:%M:%S %z %Y"),
    ],
)
def test_the_format_is_found(texts, date_format):
    assert guess_dates(dict.fromkeys(texts, 1)) == Dates(date_format)


def test_day_or_month_first_is_said_when_it_cannot_be_told():
    assert guess_dates({"01/02/2024": 1, "03/04/2024": 1}) == Dates("%m/%d/%Y", other="%d/%m/%Y")


def test_two_formats_in_one_column_are_noticed():
    found = guess_dates(
        {f"2024-05-{day:02}": 1 for day in range(1, 9)} | {f"{day}/05/24": 1 for day in range(13, 20)}
    )
    assert found is not None
    assert found.is_mixed


def test_a_stray_text_among_many_dates_is_no_date():
    counts = {f"2024-05-{day:02}": 10 for day in range(1, 30)}
    assert guess_dates(counts | {"soon": 1}) == Dates("", ("soon",))
    assert guess_dates(counts | {"soon": 100}) is None


@pytest.mark.parametrize(
    "texts", [["A1", "B2"], ["1.2.10", "1.3.4"], ["10:30", "11:45"], ["Mr. Smith", "Mrs. J"]]
)
def test_versions_times_and_names_are_no_dates(texts):
    assert guess_dates(dict.fromkeys(texts, 1)) is None
