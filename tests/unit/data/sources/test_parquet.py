import polars as pl
import pytest

from mlwright.core.errors import DataError
from mlwright.data.sources.parquet import Parquet


def test_rows_are_read(tmp_path):
    pl.DataFrame({"a": [1, 2], "b": ["x", None]}).write_parquet(tmp_path / "a.parquet")
    raw = Parquet().read(tmp_path / "a.parquet")
    assert raw.source == "a.parquet"
    assert raw.columns["a"].tolist() == [1, 2]
    assert raw.columns["b"].tolist() == ["x", None]


def test_another_file_of_that_name_is_refused(tmp_path):
    (tmp_path / "a.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"a.parquet cannot be read as Parquet"):
        Parquet().read(tmp_path / "a.parquet")
