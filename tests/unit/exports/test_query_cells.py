"""A database reads a cell as the model does, or stops with an error that names the column."""

from __future__ import annotations

import math

import pytest

from mlwright.core.errors import DataError
from mlwright.core.schema import Column, Kind
from mlwright.data.parse import parse_cell
from mlwright.exports.query.cells import cell, finite
from mlwright.exports.query.dialects import DIALECTS
from mlwright.exports.query.spelling import SPACES

NUMBERS = [
    Column(name="size", kind=Kind.NUMBER, missing=("-",), decimal=decimal, thousands=thousands)
    for decimal, thousands in ((".", ""), (".", ","), (",", "."), (",", " "), (".", "'"))
]
DATE = Column(name="built", kind=Kind.DATETIME)


TEXTS = [
    "1 000",
    "1 2 3",
    "5%%",
    "$$5",
    "$",
    "%",
    ".",
    "e5",
    "5e",
    "--5",
    "+-5",
    "-$-5",
    "- 5",
    "$ - 5",
    "-$5",
    "$-5",
    "5 $",
    "€5%",
    "1,00",
    "01,000",
    "1,234,567.5",
    "12,34,567",
    "1\u202f%",
    "5\t%",
    "0x10",
    "1.2.3",
    "5.e1",
    "%5",
    "1e400",
    "-1e400",
    "1e-400",
    "0e999999",
    "1E+3",
    "1,000e2",
    "1e3,000",
    "5-3",
    "+ 5",
    "5..",
    "5e1.5",
    "4_0",
    "9" * 400,
    "nan%",
    "+nan",
    "-infinity",
    "5 000 %",
    "\u22125",
    "1e5000",
    "1e-50000",
]

DATES = [
    "2020-02-30",
    "2021-02-29",
    "2020-02-29",
    "2000-02-29",
    "1900-02-29",
    "2020-04-31",
    "2020-13-01",
    "2020-00-10",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31 23:59:59.999999",
    "2020-1-2",
    "20200102",
    "2020-09-26T",
    "2020-09-26 24:00:00",
    "2020-09-26 10",
    "2020-09-26T10:",
    "2020-09-26 10:60",
    "2020-09-26 10:11:60",
    "2020-09-26T10:11:12z",
    "2020-09-26T10:11:12Z",
    "2020-09-26 10:11:12 Z",
    "2020-09-26 10:11:12 UTC",
    "2020-09-26 UTC",
    "2020-09-26 10:11:12 utc",
    "2020-09-26T10:11:12,25",
    "2020-09-26T10:11:12.",
    "2020/09-26",
    "2020-09-26T10:11.5",
    "2020-09-26T10:11:12.12345678",
    "1969-12-31 23:59:59.9999999",
    "2020-09-26T10:11+1",
    *(
        f"2020-09-26 10:11{zone}"
        for zone in ("+01", "-0130", "+01:30", "+01:02:03", "-010203", " +05:30", "+01:60")
    ),
    *(
        f"2020-09-26 10:11:12.5{zone}"
        for zone in ("+24:00", "-23:59:59", "+01:0203", "+0102:03", "+01:02:03.5")
    ),
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00-14:00",
    "9999-12-31T23:59:59-12:00",
    "2020-09-26  10:11",
    "9999-12-31T23:59:59+12:00",
    "2020-09-26T10:11+01 UTC",
    "1600000000000",
    "12",
    "tomorrow",
    "2020-09-26 10:11:12 ",
]


def query_of(column, dialect):
    """Return a query that reads one column alone."""
    said = cell(column, dialect, is_read_as_text=False)
    spaces = " || ".join(dialect.sign.format(x=point) for point in SPACES)
    value = said.value.replace("{text}", "t").replace("{number}", "n")
    # Nothing here comes from outside.
    source = f"input AS r, (SELECT {spaces} AS spaces) AS s"
    return (
        f"WITH typed AS (SELECT {said.text} AS t, {said.number} AS n FROM {source}), "  # noqa: S608
        f"parsed AS (SELECT {value} AS v FROM typed) SELECT {finite(column, dialect, 'v')} FROM parsed"
    )


def differing(column, kind, cells, database):
    """Return the cells that a database reads otherwise, with both readings; a name stands for a refusal."""
    name, opened = database
    query, wrong = query_of(column, DIALECTS[name]), []
    for one in cells:
        try:
            known = parse_cell(column, one)
        except DataError:
            known = column.name
        with opened({column.name: (kind, [one])}) as run:
            try:
                found = run(query)[1][0][0]
            except Exception as error:  # noqa: BLE001 - each database has errors of its own
                found = column.name if f'Column "{column.name}"' in str(error) else str(error)
        found = math.nan if found is None else found
        if found != known and str(found) != str(known):  # NaN
            wrong.append((one, known, found))
    return wrong


@pytest.mark.parametrize("column", NUMBERS, ids=lambda column: column.decimal + column.thousands)
def test_numbers_in_text_are_read_or_refused_as_by_the_model(column, database):
    assert differing(column, "text", TEXTS, database) == []


def test_dates_in_text_are_read_or_refused_as_by_the_model(database):
    assert differing(DATE, "text", DATES, database) == []
