import io
import sys

import pytest

from mlwright.core.errors import DataError, UsageError
from mlwright.data.read import SOURCES, read
from mlwright.data.source import Source


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "one.csv").write_text("a,b\n1,x\n")
    (tmp_path / "two.csv").write_text("b,a\ny,2.5\n")
    return tmp_path


def test_every_source_on_the_shelf_reads_something():
    endings = [ending for name in SOURCES.names() for ending in SOURCES.get(name).suffixes]
    assert all(isinstance(SOURCES.get(name), Source) for name in SOURCES.names())
    assert len(endings) == len(set(endings))


def test_a_path_or_its_text_is_read(folder):
    assert read(folder / "one.csv").columns["b"].tolist() == ["x"]
    assert read(str(folder / "one.csv")).source == "one.csv"


def test_a_glob_puts_files_together_whatever_the_order_of_columns(folder):
    raw = read(str(folder / "*.csv"))
    assert raw.n_rows == 2
    assert raw.columns["a"].tolist() == [1.0, 2.5]
    assert raw.columns["b"].tolist() == ["x", "y"]


def test_files_with_other_columns_are_not_put_together(folder):
    (folder / "three.csv").write_text("a,c\n1,2\n")
    with pytest.raises(DataError, match=r"'b'.*|three\.csv"):
        read(str(folder / "*.csv"))


@pytest.mark.parametrize("text", ["a,b\n1,x\n", '{"a": 1, "b": "x"}\n'])
def test_standard_input_is_csv_or_json_lines(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    raw = read("-")
    assert raw.columns["b"].tolist() == ["x"]
    assert raw.source.startswith("stdin")


def test_empty_standard_input_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(DataError, match="Standard input is empty"):
        read("-")


def test_a_frame_is_read():
    assert read({"a": 1}).n_rows == 1


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("ones.csv", DataError, r"There is no file .*Did you mean .*one\.csv"),
        ("no/where.csv", DataError, "There is no directory"),
        ("", DataError, "is a directory"),
        ("x*.csv", DataError, "No file matches"),
        ("book.xlsx", UsageError, r"no file format has the ending '\.xlsx'. Known: .*\.csv"),
    ],
)
def test_what_cannot_be_read_is_named(folder, name, error, message):
    (folder / "book.xlsx").write_text("x")
    with pytest.raises(error, match=message):
        read(folder / name)


def test_an_address_is_no_file():
    with pytest.raises(UsageError, match="only files"):
        read("sqlite:///a.db")
