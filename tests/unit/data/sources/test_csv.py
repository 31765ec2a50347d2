import gzip

import numpy as np
import polars as pl
import pytest

from mlwright.core.errors import DataError
from mlwright.data.sources.csv import Csv


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="some.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return Csv().read(path)

    return write_and_read


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(read, separator):
    raw = read(f"a{separator}b\n1{separator}x y\n2{separator}z\n")
    assert raw.names == ("a", "b")
    assert raw.columns["a"].tolist() == [1, 2]
    assert raw.columns["b"].tolist() == ["x y", "z"]


def test_decimal_commas_do_not_hide_the_semicolon(read):
    raw = read("a;b;c\n1,5;2,5;3,5\n1,7;2,5;3,5\n")
    assert raw.columns["b"].tolist() == ["2,5", "2,5"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(read, encoding):
    raw = read("größe,b\nÄ,1\n", encoding=encoding)
    assert raw.names == ("größe", "b")
    assert raw.columns["größe"].tolist() == ["Ä"]


def test_packed_files_are_unpacked(read, tmp_path):
    assert read(gzip.compress(b"a,b\n1,x\n"), "a.csv.gz").columns["b"].tolist() == ["x"]
    text = pl.DataFrame({"a": ['x, "y"', "ü\nz"], "b": [1, 2]})
    text.write_csv(tmp_path / "b.csv.zst", compression="zstd", check_extension=False)
    assert Csv().read(tmp_path / "b.csv.zst").columns["a"].tolist() == ['x, "y"', "ü\nz"]


def test_a_quoted_cell_may_hold_lines_separators_and_quotes(read):
    raw = read('a,b\r\n"x, y","he said ""no""\r\ntwice"\r\nz,w\r\n')
    assert raw.columns["a"].tolist() == ["x, y", "z"]
    assert raw.columns["b"].tolist() == ['he said "no"\ntwice', "w"]


def test_a_quote_inside_a_cell_is_only_a_quote(read):
    assert read('a,b\n1,5" pipe\n2,x\n').columns["b"].tolist() == ['5" pipe', "x"]


@pytest.mark.parametrize(
    "cells", [["00123", "00456"], ["1.50", "2.25"], ["1e5", "2"], ["+3", "4"], ["-0", "1"]]
)
def test_a_cell_that_is_more_than_its_number_stays_text(read, cells):
    assert read("a,b\n" + "".join(f"{cell},x\n" for cell in cells)).columns["a"].tolist() == cells


def test_what_could_be_thousands_stays_text(read):
    assert read("a;b\n1.234;x\n5.678;x\n").columns["a"].tolist() == ["1.234", "5.678"]


def test_whole_columns_of_plain_numbers_become_numbers(read):
    raw = read("i,f,g,h,t\n1,1.5,0.1234567890123456, 7,9007199254740993\n-2,12,3.0,,12.5\n")
    assert raw.columns["i"].dtype == np.int64
    assert raw.columns["f"].tolist() == [1.5, 12.0]
    assert raw.columns["g"].tolist() == [0.1234567890123456, 3.0]
    assert raw.columns["h"][0] == 7
    assert np.isnan(raw.columns["h"][1])
    assert raw.columns["t"].tolist() == ["9007199254740993", "12.5"]


def test_blank_lines_are_no_rows(read):
    assert read("a,b\n1,2\n\n3,4\n\n").n_rows == 2
    assert read("a\n1\n\n3\n\n").columns["a"].tolist() == [1, 3]
    assert read('a,b\n1,"x\n\ny"\n\n3,4\n').columns["b"].tolist() == ["x\n\ny", "4"]


def test_header_names_are_stripped_and_filled_in(read):
    assert read(" , a ,b\n1,2,3\n").names == ("column_1", "a", "b")


def test_old_line_ends_are_read(read):
    assert read("a,b\r1,2\r3,4\r").n_rows == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "some.csv is empty"),
        (" \n\n", "some.csv is empty"),
        (b"\xef\xbb\xbf", "some.csv is empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "some.csv is empty"),
        (b"\xff\xfe", "some.csv is empty"),
        ("a,b\n", "has a header line but no rows"),
        ("a,b\n1,2\n3\n", "line 3: found 1 fields, expected 2"),
        ("a,b\n1,2\n3,4,5\n", "line 3: found 3 fields, expected 2"),
        ("a,b\n1,2,3\n4\n", "line 2: found 3 fields, expected 2"),
        ('a,b\n"x\ny",2\n3\n', "line 4: found 1 fields, expected 2"),
        ('a,b\n1,2\n1,"2\n3,4\n', "a quote is opened and never closed"),
        ("a,b,a\n1,2,3\n", "several columns called 'a'"),
        (b"a,b\n1,\0\n", "binary data"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"PK\x03\x04abc", "zip archive"),
        (b"\x1f\x8babc", "compressed with gzip"),
        (bytes(range(1, 9)) * 40, "binary data"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)


def test_half_a_packed_file_is_refused(read):
    with pytest.raises(DataError, match="cannot be unpacked"):
        read(gzip.compress(b"a,b\n" * 99)[:20], "a.csv.gz")


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe"])
@pytest.mark.parametrize("rest", [b"", b"\n\n"])
def test_a_file_of_a_byte_order_mark_is_empty_to_those_who_read_some_lines_at_a_time(tmp_path, mark, rest):
    path = tmp_path / "some.csv"
    path.write_bytes(mark + rest.decode().encode("utf-16-le" if mark == b"\xff\xfe" else "utf-8"))
    with pytest.raises(DataError, match=r"some\.csv is empty"):
        Csv().scan(path)
