"""Bodies that are wrong are refused without a long look at them."""

from __future__ import annotations

import json

import pytest

from mlwright.core.schema import Column, Kind
from mlwright.data.read import read
from mlwright.serving.problems import Problem
from mlwright.serving.reader import Reader
from mlwright.serving.settings import Extra, Settings

MANY = 5_000


@pytest.fixture
def reader():
    return Reader([Column(name="amount", kind=Kind.NUMBER)], Settings(max_rows=10))


def refusal(read, body):
    with pytest.raises(Problem) as found:
        read(body)
    return found.value


def test_a_name_that_looks_alike_is_searched_among_the_first_alone(reader):
    others = {f"x{n}": 1 for n in range(MANY)}
    first = refusal(reader.rows, json.dumps({"amuont": 1} | others).encode())
    assert "Found 'amuont': is it 'amount'?" in first.detail
    last = refusal(reader.rows, json.dumps(others | {"amuont": 1}).encode())
    assert last.reason == "missing_column"
    assert "Found" not in last.detail


def test_long_names_are_not_told_back(reader):
    assert len(refusal(reader.rows, json.dumps({"k" * MANY: 1}).encode()).detail) < 300
    assert len(refusal(reader.texts, b"k" * MANY + b"\n1\n").detail) < 300


def test_of_csv_no_more_is_read_than_may_come(reader):
    assert reader.texts(b"amount\n" + b"1\n\n" * 10).n_rows == 10
    problem = refusal(reader.texts, b"amount\n" + b"1\n" * 11 + b'"' * 3 + b"never looked at")
    assert (problem.status, problem.reason) == (413, "rows")


@pytest.mark.parametrize("header", ["amount,column_2, x y ", " amount , ,x y", '"amount\t",,"x y"'])
def test_headers_of_csv_are_those_of_a_file(header, tmp_path):
    (tmp_path / "rows.csv").write_text(f"{header}\n1,2,3\n")
    names = read(tmp_path / "rows.csv").names
    assert names == ("amount", "column_2", "x y")
    whole = Reader([Column(name=name, kind=Kind.NUMBER) for name in names], Settings(extra=Extra.REJECT))
    found = whole.by_column(whole.texts(f"{header}\n1,2,3\n".encode()))
    assert {name: cells.tolist() for name, cells in found.items()} == {
        names[0]: [1],
        names[1]: [2],
        "x y": [3],
    }


def test_a_header_that_names_a_column_twice_is_refused(reader):
    assert "each once" in refusal(reader.texts, b"amount, amount\n1,2\n").detail
    spaced = Reader([Column(name=" amount", kind=Kind.NUMBER)], Settings())  # as frames may name them
    assert spaced.by_column(spaced.texts(b"amount, amount\n1,2\n"))[" amount"].tolist() == [2]
