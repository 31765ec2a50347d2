import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlwright.core.errors import DataError
from mlwright.data.frames import from_frame


def cells(frame, name="x"):
    return from_frame(frame).columns[name]


def test_a_name_that_no_file_can_hold_is_refused():
    with pytest.raises(DataError, match=r"'a\\udce9' of the data holds half a character.*Rename it"):
        from_frame({"b": [1, 2], "a\udce9": [1, 2]})


def test_no_frame_library_is_imported_to_parse():
    code = "import sys, mlwright.data.parse, mlwright.data.frames, mlwright.data.raw, mlwright.data.infer; "
    code += "print(*{'polars', 'pandas', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("values", [[1, 2], [1.5, 2.5], [True, False]])
def test_numbers_without_gaps_come_as_arrays(values):
    dtype = np.array(values).dtype
    table = pa.table({"x": values})
    frames = [
        pd.DataFrame({"x": values}),
        pd.DataFrame({"x": values}).convert_dtypes(),
        pl.DataFrame({"x": values}),
    ]
    frames += [table, table.to_batches()[0], {"x": values}, [{"x": value} for value in values]]
    frames += [pd.DataFrame({"x": pd.Series(values, dtype=pd.ArrowDtype(table.schema.types[0]))})]
    for frame in frames:
        assert isinstance(cells(frame), np.ndarray)
        assert cells(frame).dtype == dtype
        assert cells(frame).tolist() == values


def test_gaps_are_none_or_nan():
    assert cells(pd.DataFrame({"x": pd.Series([1, None], dtype="Int64")})).tolist() == [1, None]
    assert cells(pd.DataFrame({"x": pd.Series([True, None], dtype="boolean")})).tolist() == [True, None]
    assert np.isnan(cells(pd.DataFrame({"x": pd.Series([1.5, None], dtype="Float64")}))[1])
    assert cells(pd.DataFrame({"x": ["a", None]})).tolist() == ["a", None]
    assert cells(pd.DataFrame({"x": pd.Series(["a", None], dtype="category")})).tolist() == ["a", None]
    assert cells(pl.DataFrame({"x": ["a", None]})).tolist() == ["a", None]
    assert cells(pl.DataFrame({"x": pl.Series(["a", None], dtype=pl.Categorical)})).tolist() == ["a", None]
    assert cells([{"x": "a"}, {"y": 1}]).tolist() == ["a", None]


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_datetimes_come_in_utc(zone):
    moment = datetime(2024, 5, 31, 8, tzinfo=UTC)
    naive = np.datetime64("2024-05-31T08:00")
    stamps = pd.Series([pd.Timestamp(moment)])
    stamps = stamps.dt.tz_convert(zone) if zone else stamps.dt.tz_localize(None)
    column = (
        pl.Series([moment]).dt.convert_time_zone(zone) if zone else pl.Series([moment.replace(tzinfo=None)])
    )
    assert cells(pd.DataFrame({"x": stamps}))[0] == naive
    assert cells(pl.DataFrame({"x": column}))[0] == naive


def test_durations_are_seconds():
    spans = [timedelta(minutes=1), None]
    for frame in (pd.DataFrame({"x": spans}), pl.DataFrame({"x": spans}), pa.table({"x": spans})):
        assert cells(frame)[0] == 60.0
        assert np.isnan(cells(frame)[1])


def test_one_row_may_be_a_dict():
    raw = from_frame({"a": 1, "b": "x", "c": None, "d": np.float32(2)})
    assert raw.n_rows == 1
    assert [raw.columns[name][0] for name in "abcd"] == [1, "x", None, 2.0]


def test_a_matrix_has_numbered_columns():
    raw = from_frame(np.arange(6).reshape(3, 2))
    assert raw.names == ("x0", "x1")
    assert raw.columns["x1"].tolist() == [1, 3, 5]
    assert from_frame([[1, "a"], [2, "b"]]).columns["x1"].tolist() == ["a", "b"]


def test_names_become_text():
    assert from_frame(pd.DataFrame({1: [2], ("a", 2): [3]})).names == ("1", "('a', 2)")
    assert from_frame({1: [2]}).names == ("1",)


def test_nested_cells_stay_whole():
    assert cells([{"x": [1, 2]}, {"x": [3]}]).tolist() == [[1, 2], [3]]
    assert cells(pl.DataFrame({"x": [[1, 2], [3]]})).tolist() == [[1, 2], [3]]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "several called 'a'"),
        (pa.table([[1], [2]], names=["a", "a"]), "several called 'a'"),
        ({1: [1], "1": [2]}, "several called '1'"),
        ({}, "the dict is empty"),
        ([], "the list is empty"),
        ([{}], "every row is empty"),
        ([{"a": 1}, 3], "Row 2 of the data is of type int"),
        ({"a": [1], "b": [1, 2]}, "'a' has 1 cells, 'b' has 2"),
        ({"a": 1, "b": [1, 2]}, "not both: 'a'"),
        (np.arange(3), r"got \(3,\)"),
        (3, "cannot be read from builtins.int"),
        ("text", "cannot be read from builtins.str"),
    ],
)
def test_what_is_no_table_is_refused(frame, message):
    with pytest.raises(DataError, match=message):
        from_frame(frame)
