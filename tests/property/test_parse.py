"""A cell means the same wherever it stands: alone, in any container, in any order."""

import csv
import json
import math
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlwright.core.errors import DataError
from mlwright.core.schema import NUMERIC, Column, Kind, Schema
from mlwright.data.frames import from_frame
from mlwright.data.infer import infer
from mlwright.data.parse import parse_cell, parse_column
from mlwright.data.raw import Raw
from mlwright.data.sources.csv import Csv

MISSING = [None, float("nan"), float("inf"), -math.inf, pd.NA, pd.NaT, np.nan, np.datetime64("NaT"), 10**400]
FIRST, LAST = datetime(1700, 1, 1), datetime(2250, 1, 1)  # noqa: DTZ001
MOMENTS = st.datetimes(FIRST, LAST)
DAYS = st.dates(date(1700, 1, 1), date(2250, 1, 1))
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))])
NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.floats(),
    st.floats(width=32).map(np.float32),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.booleans().map(np.bool_),
    st.sampled_from(
        ["1", " 2.5 ", "1e5", "-0.0", "?", "", "  ", "$1,200", "45%", "nan", "inf", "0012", "1,234.5"]
    ),
    st.sampled_from([1e308, -1e301, 10**299, Decimal("1E+999999999"), np.float64(-0.0), timedelta(hours=1)]),
)
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=" \t\n\0aA?\u00a0İß\ud800.0123456789"),
    NUMBERS,
    MOMENTS,
    st.datetimes(timezones=ZONES, min_value=FIRST),
    DAYS,
    st.binary(max_size=4),
    st.lists(st.integers(), max_size=2),
)
DATES = st.one_of(
    MOMENTS,
    st.datetimes(FIRST, LAST, timezones=ZONES),
    DAYS,
    MOMENTS.map(lambda moment: np.datetime64(moment, "ns")),
    MOMENTS.map(pd.Timestamp),
    MOMENTS.map(lambda moment: moment.isoformat()),
    st.sampled_from(
        ["2024-05-31", "2024/05/31 08:00", "2024-05-31T08:00:00Z", "2024-05-31 08:00:00 UTC", "?"]
    ),
)
WORLDS = {
    Kind.NUMBER: NUMBERS,
    Kind.BOOLEAN: st.sampled_from([True, False, np.bool_(1), 1, 0, 1.0, "true", "FALSE", " True", "1", "?"]),
    Kind.DATETIME: DATES,
    Kind.CATEGORY: TEXTS,
    Kind.STRING: TEXTS,
    Kind.TEXT: TEXTS,
    Kind.IDENTIFIER: TEXTS,
}


def column_of(kind, missing=("?", "0"), decimal="."):
    thousands = {".": ",", ",": "."}[decimal] if kind is Kind.NUMBER else ""
    return Column(name="x", kind=kind, missing=missing, decimal=decimal, thousands=thousands)


def objects(values):
    return np.fromiter(values, dtype=object, count=len(values))


def same(left, right):
    return left == right or (left is not right and str(left) == str(right) == "nan")


def assert_same(column, values, parsed):
    assert parsed.shape == (len(values),)
    assert parsed.dtype == (np.float64 if column.kind in NUMERIC else object)
    for value, got in zip(values, parsed.tolist(), strict=True):
        want = parse_cell(column, value)
        assert same(want, got), (value, want, got)
        assert not isinstance(got, float) or not math.isinf(got)
        assert column.kind in NUMERIC or type(got) is str


@pytest.mark.parametrize("kind", WORLDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_column_is_its_cells_in_any_container_and_order(kind, data):
    column = column_of(kind, data.draw(st.sampled_from([("?",), ("?", "0", "1,234.5")])))
    values = data.draw(st.lists(st.one_of(WORLDS[kind], st.sampled_from(MISSING)), max_size=8))
    assert_same(column, values, parse_column(column, values))
    assert_same(column, values, parse_column(column, objects(values)))
    assert_same(column, values[::-1], parse_column(column, values[::-1]))
    assert_same(
        column, values, parse_column(column, from_frame([{"x": v} for v in values] or {"x": []}).columns["x"])
    )


def readable(value):
    """Leave out what only Python holds."""
    return not isinstance(value, int) or abs(value) < 2**63


PLAIN = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(),
    "bool": st.booleans(),
    "str": st.text(st.characters(exclude_categories=["Cs"])),
    "datetime": MOMENTS,
    "date": DAYS,
    "decimal": st.decimals(-1000, 1000, places=3),
}
KINDS = {
    "int": [Kind.NUMBER, Kind.CATEGORY, Kind.DATETIME],
    "float": [Kind.NUMBER, Kind.CATEGORY, Kind.STRING],
    "bool": [Kind.BOOLEAN, Kind.NUMBER, Kind.CATEGORY],
    "str": [Kind.CATEGORY, Kind.STRING, Kind.TEXT, Kind.IDENTIFIER],
    "datetime": [Kind.DATETIME, Kind.CATEGORY],
    "date": [Kind.DATETIME],
    "decimal": [Kind.NUMBER, Kind.CATEGORY],
}
ARROW = {
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "str": pa.string(),
    "datetime": pa.timestamp("us"),
    "date": pa.date32(),
    "decimal": pa.decimal128(20, 3),
}
PANDAS = {"int": "Int64", "float": "Float64", "bool": "boolean", "str": "str", "datetime": "datetime64[ns]"}


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_frame_library_brings_the_same_cells(name, data):
    values = data.draw(st.lists(st.one_of(PLAIN[name], st.none()), min_size=1, max_size=8))
    table = pa.table({"x": pa.array(values, type=ARROW[name])})
    frames = [
        {"x": values},
        [{"x": value} for value in values],
        pd.DataFrame({"x": pd.Series(values, dtype=object)}),
        table,
        table.to_batches()[0],
        pl.from_arrow(table),
        pl.from_arrow(table).lazy(),
        *([pd.DataFrame({"x": pd.Series(values, dtype=PANDAS[name])})] if name in PANDAS else []),
        *([pd.DataFrame({"x": pd.Series(values, dtype="category")})] if name == "str" else []),
    ]
    for kind in KINDS[name]:
        column = column_of(kind)
        refused = refused_row(column, values)
        for frame in frames:
            cells = from_frame(frame).columns["x"]
            if refused:
                assert refused_row(column, cells) == refused
            else:
                assert_same(column, values, parse_column(column, cells))


def refused_row(column, cells):
    """Return how a message names the first row that cannot be read, None if all can."""
    try:
        parse_column(column, cells)
    except DataError as error:
        return re.search(r"row \d+", str(error))[0]
    return None


@pytest.mark.parametrize(
    "dtype", ["int8", "uint64", "float16", "float32", "float64", "bool", "datetime64[ns]", "datetime64[D]"]
)
@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.CATEGORY, Kind.DATETIME, Kind.BOOLEAN])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_typed_array_is_its_cells(dtype, kind, data):
    numbers = data.draw(st.lists(st.integers(0, 1 if kind is Kind.BOOLEAN else 100), max_size=6))
    values = np.array(numbers, dtype="int64").astype(dtype)
    column = column_of(kind)
    is_truth_as_date = dtype == "bool" and kind is Kind.DATETIME
    if (values.dtype.kind == "M" and kind in (Kind.NUMBER, Kind.BOOLEAN)) or is_truth_as_date:
        if len(values):
            with pytest.raises(DataError, match="row 1"):
                parse_column(column, values)
        return
    assert_same(column, list(values), parse_column(column, values))


@settings(max_examples=100, deadline=None)
@given(value=st.one_of(TEXTS, NUMBERS, DATES))
def test_a_cell_is_read_or_refused_and_nothing_else(value):
    for kind in WORLDS:
        with suppress(DataError):
            assert isinstance(parse_cell(column_of(kind), value), float if kind in NUMERIC else str)


@settings(max_examples=150, deadline=None)
@given(values=st.lists(st.one_of(TEXTS, NUMBERS, DATES, st.sampled_from(MISSING)), min_size=1, max_size=12))
def test_whatever_is_understood_can_be_parsed(values):
    schema, findings = infer(Raw({"x": values}, len(values)))
    assert len(parse_column(schema["x"], values)) == len(values)
    for finding in findings:
        json.dumps(finding.to_json())
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@settings(max_examples=150, deadline=None)
@given(
    cells=st.lists(st.one_of(st.text("0123456789.,-+e $%?", max_size=8), st.integers().map(str)), min_size=1)
)
def test_a_cell_of_a_file_does_not_depend_on_the_other_rows(cells, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["x", "y"], *([cell, "z"] for cell in cells)])
    together = Csv().read(path).columns["x"]
    column = column_of(Kind.CATEGORY)
    assert_same(column, cells, parse_column(column, together))


NUMERALS = st.sampled_from(
    [
        "1", "-2.5", "+3", "1e5", ".5", "5.", "1E-400", "1e999", "nan", "NaN", "inf", "-Infinity", "", None,
        " 7 ", "007", "1_000", "\u0661\u0662", "1,5", "12%", "$3", "na", "?", "-", "0x1", "1.5 ", "\t2",
        "true", "e5",
    ]
)  # fmt: skip
UNDOUBTED = st.sampled_from(["1", "-2.5", "+3", "1e5", ".5", "", None, " 7 ", "007", "-0.0", "12", "1E-400"])


@example(cells=["1.5"] * 40)
@example(cells=[None, "", "-1"] * 20)
@example(cells=["nan", "2.5"] * 20)
@settings(max_examples=300, deadline=None)
@given(
    cells=st.lists(UNDOUBTED, min_size=32, max_size=60)
    | st.lists(NUMERALS | NUMBERS, min_size=32, max_size=60)
)
def test_numbers_that_are_read_at_once_are_those_read_one_by_one(cells):
    schema, _ = infer(Raw({"x": cells}, len(cells)))
    with patch("mlwright.data.infer.plain_numbers", return_value=None):
        alone, _ = infer(Raw({"x": cells}, len(cells)))
    assert schema.to_json() == alone.to_json()
    for missing in ((), ("na",), ("-1",), ("nan",)):
        column = Column(name="x", kind=Kind.NUMBER, missing=missing)
        try:
            one_by_one = [parse_cell(column, cell) for cell in cells]
        except DataError:
            with pytest.raises(DataError):
                parse_column(column, cells)
        else:
            np.testing.assert_array_equal(parse_column(column, cells), one_by_one)
