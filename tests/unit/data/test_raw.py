import numpy as np
import pytest

from mlwright.core.errors import DataError, MissingColumnError
from mlwright.data.raw import Raw, concat


def test_columns_are_selected_in_the_order_asked_for():
    raw = Raw({"a": [1], "b": [2], "c": [3]}, 1)
    assert raw.select("c", "a").names == ("c", "a")
    with pytest.raises(MissingColumnError, match="'d'"):
        raw.select("d")


def test_joining_changes_no_value():
    moments = np.array(["2024-01-01"], dtype="datetime64[ns]")
    one = Raw({"n": np.array([2**60]), "s": np.array([1.5]), "t": moments, "b": np.array([True])}, 1, "one")
    two = Raw({"n": np.array([0.5]), "s": ["1.50"], "t": [None], "b": np.array([3])}, 1, "two")
    both = concat([one, two], "both")
    assert both.n_rows == 2
    assert both.columns["n"].tolist() == [2**60, 0.5]
    assert both.columns["s"].tolist() == [1.5, "1.50"]
    assert both.columns["t"].tolist() == [moments.astype("datetime64[us]").item(), None]
    assert both.columns["b"].tolist() == [True, 3]


def test_other_columns_are_refused_with_file_and_column():
    with pytest.raises(DataError, match=r"Column 'b' is missing in two.csv .but not in one.csv."):
        concat([Raw({"a": [1], "b": [1]}, 1, "one.csv"), Raw({"a": [1]}, 1, "two.csv")])
    with pytest.raises(DataError, match=r"two.csv has a column 'c' that one.csv lacks"):
        concat([Raw({"a": [1]}, 1, "one.csv"), Raw({"a": [1], "c": [1]}, 1, "two.csv")])
    with pytest.raises(DataError, match="no tables"):
        concat([])
