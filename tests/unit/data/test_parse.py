from datetime import UTC, date, datetime

import numpy as np
import pytest

from mlwright.core.errors import DataError, MissingColumnError
from mlwright.core.schema import Column, Kind
from mlwright.data.parse import labels, parse, parse_cell, parse_column
from mlwright.data.raw import Raw

NUMBER = Column(name="n", kind=Kind.NUMBER, missing=("?", "lots"))
CATEGORY = Column(name="c", kind=Kind.CATEGORY, missing=("?",))
TEXT = Column(name="t", kind=Kind.TEXT)


def test_numbers_come_as_doubles():
    cells = [1, "2.5", " 1e3 ", "?", "LOTS", "", None, True, "45%", 10**400, float("inf"), 1e301]
    want = [1, 2.5, 1000, None, None, None, None, 1, 45, None, None, 1e301]
    got = parse_column(NUMBER, cells)
    assert got.dtype == np.float64
    assert [None if np.isnan(x) else x for x in got] == want


def test_a_cell_that_cannot_be_read_is_named_with_its_row():
    with pytest.raises(
        DataError, match=r"Column 'n', row 3: found 'abc', expected a number such as 12.5, or empty"
    ):
        parse_column(NUMBER, [1, 2, "abc"])
    with pytest.raises(DataError, match=r"row 2: .* expected a date such as"):
        parse_column(Column(name="d", kind=Kind.DATETIME), ["2024-01-01", "soon"])
    with pytest.raises(DataError, match="row 2: found 2, expected true or false"):
        parse_column(Column(name="b", kind=Kind.BOOLEAN), np.array([1, 2]))


def test_categories_have_one_text_for_each_value():
    cells = [12, 12.0, "12", "12.0", " 12 ", True, "true", 0.5, -0.0, "007", "None", "?", None, np.float32(3)]
    want = ["12", "12", "12", "12", "12", "true", "true", "0.5", "0", "007", "None", "", "", "3"]
    assert parse_column(CATEGORY, cells).tolist() == want


def test_texts_are_folded():
    assert parse_cell(TEXT, "  Hello\t\0 WORLD\n") == "hello world"
    assert parse_cell(TEXT, "a\ud800") == "a \ufffd"
    assert parse_cell(TEXT, "Free!!  \u00a35,000") == "free ! ! \u00a3 5 , 000"


def test_dates_are_seconds_or_iso_text():
    moment = datetime(2024, 5, 31, 8, tzinfo=UTC)
    column = Column(name="d", kind=Kind.DATETIME)
    assert parse_cell(column, moment) == moment.timestamp() == parse_cell(column, moment.replace(tzinfo=None))
    assert parse_cell(CATEGORY, moment) == "2024-05-31T08:00:00"
    assert parse_cell(CATEGORY, date(2024, 5, 31)) == "2024-05-31"


def test_columns_may_come_in_any_order_with_others():
    raw = Raw({"x": [1], "c": ["a"], "n": ["1"]}, 1)
    assert {k: v.tolist() for k, v in parse([NUMBER, CATEGORY], raw).items()} == {"n": [1.0], "c": ["a"]}


def test_a_missing_column_is_named_with_its_neighbor():
    with pytest.raises(MissingColumnError, match=r"'n' is missing in the request. Found 'nn': is it 'n'\?"):
        parse([NUMBER], Raw({"nn": [1]}, 1), where="the request")


def test_labels_are_what_people_wrote():
    whole = Column(name="y", kind=Kind.NUMBER, is_integer=True)
    assert labels(whole, ["1", 2.0, None]).tolist() == [1, 2, None]
    assert type(labels(whole, [1.0])[0]) is int
    assert labels(NUMBER, [1, 2.5]).tolist() == [1.0, 2.5]
    assert labels(Column(name="y", kind=Kind.BOOLEAN), np.array([True, False])).tolist() == [True, False]
    assert labels(Column(name="y", kind=Kind.STRING), [" New York ", None]).tolist() == ["New York", None]


LARGE = [1234567890123456789, 1234567890123456700, 1234567890123456000, -(2**63), 7]


@pytest.mark.parametrize(
    "cells",
    [
        np.array(LARGE), LARGE, np.array(LARGE, dtype=object), [str(label) for label in LARGE],
        [f"{label:,}" for label in LARGE], [*LARGE, None],
    ],
)  # fmt: skip
def test_large_labels_are_those_of_the_data(cells):
    thousands = "," if "," in str(cells[0]) else ""
    column = Column(name="y", kind=Kind.NUMBER, is_integer=True, thousands=thousands)
    assert labels(column, cells).tolist()[: len(LARGE)] == LARGE


def test_labels_of_doubles_and_odd_spellings_are_what_they_are_worth():
    column = Column(name="y", kind=Kind.NUMBER, is_integer=True)
    assert labels(column, ["1e18", "9007199254740994.0", "12", 1e22]).tolist() == [
        10**18, 9007199254740994, 12, 10**22,
    ]  # fmt: skip
