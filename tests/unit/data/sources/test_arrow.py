import polars as pl
import pytest

from mlwright.core.errors import DataError
from mlwright.data.sources.arrow import Arrow

FRAME = pl.DataFrame({"a": [1, 2], "b": ["x", None]})


def test_files_and_streams_are_read(tmp_path):
    FRAME.write_ipc(tmp_path / "a.arrow")
    FRAME.write_ipc_stream(tmp_path / "b.arrows")
    for name in ("a.arrow", "b.arrows"):
        raw = Arrow().read(tmp_path / name)
        assert raw.columns["a"].tolist() == [1, 2]
        assert raw.columns["b"].tolist() == ["x", None]


def test_another_file_of_that_name_is_refused(tmp_path):
    (tmp_path / "a.feather").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"a.feather cannot be read as Arrow"):
        Arrow().read(tmp_path / "a.feather")
