"""Columns of a log are read at once as they would be cell by cell."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from mlwright.core.errors import DataError
from mlwright.core.schema import Role
from mlwright.data.cells import text_of
from mlwright.data.infer import infer
from mlwright.data.parse import parse_column
from mlwright.data.raw import Raw
from mlwright.ranking.words import clear
from mlwright.workflow.recommending.cells import numbered, ratings, times

EIGHT = datetime(2024, 5, 1, 8)  # noqa: DTZ001 - cells without a zone are in UTC
NAMES = {
    "whole": np.array([7, -3, 7, 12]),
    "small": np.array([-128, 127, 0], np.int8),
    "far apart": np.array([5, 2**62, -(2**62), 5]),
    "unsigned": np.array([2**64 - 1, 2**64 - 3, 2**64 - 1], np.uint64),
    "doubles": np.array([1.0, 2.5, np.nan, np.inf, 1.0]),
    "whole doubles": np.array([1.0, np.nan, 3.0, -np.inf, 1e300, 2.0**60, -0.0]),
    "no number": np.array([np.nan, np.nan]),
    "truths": np.array([True, False, True]),
    "days": np.array(["2024-05-01", "NaT", "2024-05-01"], "datetime64[D]"),
    "moments": np.array(["2024-05-01T08:00:00", "1960-01-01"], "datetime64[us]"),
    "texts": ["b", " a ", "a", None, "", "1.0", "1", "007", "1e-7",
              "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "\N{GRINNING FACE}",
              "two\nlines", "x" * 5_000, "a\x1fb", "\x00", "\ud800"],
    "several types": [1, "1", 1.0, True, None, Decimal(2), date(2024, 5, 1), EIGHT, [1, 2],
                      2**70, b"bytes", float("nan")],
    "object array": np.array(["b", None, "a", "b"], object),
    "large numbers": [2**53, 2**53 + 1, 2**53],
    "none": np.zeros(0, np.int64),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_are_the_texts_of_the_cells(name):
    codes, names = numbered(NAMES[name])
    texts = [clear(text_of(cell)) for cell in list(NAMES[name])]
    assert names == sorted({text for text in texts if text})
    assert [names[code] if code >= 0 else "" for code in codes.tolist()] == texts


MOMENTS = [
    ["2024-05-31 08:00:01", "1999-12-31 23:59:59", None, ""],
    ["2024-05-31T08:00:01Z", "2024-05-31 08:00:01.123456", "2024-05-31 08:00:01.5"],
    ["2024-05-31", "2024-06-01", "2024-06-01"],
    ["2024-05-31", "2024-06-01 08:00:00", "2024-06-01"],
    ["2024-05-31 8:00", "2024-05-31 9:30", "2024-05-31 9:30"],
    ["2024-05-31 08:00:01+02:00", "2024-05-31 08:00:01"],
    ["31.05.2024", "30.04.2024", "01.02.2024"],
    np.array(["2024-05-31T08:00:01.25", "NaT"], "datetime64[us]"),
    np.array(["2024-05-31T08:00:01.25", "2024-05-31T08:00:01"], "datetime64[ns]"),
    [EIGHT, None],
    [1.6e9, 1.7e9, None],
    np.array([3, 1, 2]),
    np.array([0.5, np.nan, np.inf]),
]


@pytest.mark.parametrize("cells", MOMENTS, ids=lambda cells: str(list(cells)[:2]))
def test_times_are_those_of_reading_each_cell(cells):
    raw = Raw({"t": cells}, len(cells))
    expected = parse_column(infer(raw, roles={"t": Role.TIME})[0]["t"], cells)
    expected = np.where(np.isnan(expected), np.nanmin(expected), expected)
    np.testing.assert_array_equal(times(raw, "t")[0], expected)


@pytest.mark.parametrize(
    "cells",
    [["2024-05-31 08:00:60", "2024-05-31 08:00:00"], ["2024-02-30", "2024-02-28"], ["soon", "later"],
     ["", "x"], ["0000-01-01", "0000-01-02"], np.array([True, False]), ["2024-05-31", "\ud800"]],
)  # fmt: skip
def test_what_is_no_time_is_none(cells):
    raw = Raw({"t": cells}, len(cells))
    with pytest.raises(DataError, match="'t'"):
        times(raw, "t")


@pytest.mark.parametrize("n_each", [1e3, 1e6, 1e9])
def test_times_in_finer_units_are_read_as_seconds(n_each):
    seconds = np.array([1.6e9, 1.7e9])
    found, odd = times(Raw({"t": seconds * n_each}, 2), "t")
    np.testing.assert_allclose(found, seconds)
    assert odd == []
    found, odd = times(Raw({"t": np.append(seconds * n_each, [1.65e9, np.nan])}, 4), "t")
    np.testing.assert_allclose(found, [1.6e9, 1.7e9, 1.65e9, 1.6e9])
    assert [finding.rule for finding in odd] == ["no_time", "mixed_times"]
    assert "2 of 3 times are in m" in odd[1].message or "nanoseconds" in odd[1].message
    assert odd[1].message.endswith("the others in seconds.")


def test_times_in_several_finer_units_are_told():
    found, odd = times(Raw({"t": np.array([1.6e12, 1.6e15])}, 2), "t")
    assert found.tolist() == [1.6e9, 1.6e9]
    assert "1 of 2 times are in microseconds and 1 of 2 times are in milliseconds" in odd[0].message


def test_a_date_far_ahead_is_no_number_of_milliseconds():
    for cells in (["2024-05-31", "9999-12-31"], ["31.05.2024", "31.12.9999"]):
        found, odd = times(Raw({"t": cells}, 2), "t")
        assert found.tolist() == [1717113600.0, 253402214400.0]
        assert odd == []


def test_ratings_are_numbers_or_nothing():
    assert ratings(Raw({"r": [1, None, 3.5]}, 3), "r")[0].tolist()[::2] == [1.0, 3.5]
    assert ratings(Raw({"r": np.array([np.nan, np.inf])}, 2), "r")[0] is None
    assert ratings(Raw({"r": np.array([True, False])}, 2), "r")[0].tolist() == [1.0, 0.0]


def test_rows_without_a_rating_are_told():
    found, (note,) = ratings(Raw({"r": np.array([1.0, np.nan, np.inf, 5.0])}, 4), "r")
    np.testing.assert_array_equal(found, [1.0, np.nan, np.nan, 5.0])
    assert note.rule == "no_rating"
    assert note.message.startswith("2 rows have no rating")
    assert ratings(Raw({"r": np.array([1.0, 5.0])}, 2), "r")[1] == []
    with pytest.raises(DataError, match="all its cells are empty"):
        ratings(Raw({"r": ["", None]}, 2), "r")
    for cells in (["good", "bad"], np.array(["2024-05-01"] * 2, "datetime64[D]"), [None, None]):
        with pytest.raises(DataError, match="'r' cannot rate"):
            ratings(Raw({"r": cells}, 2), "r")
