"""A file that is gone through piece by piece holds the same cells as when it is read at once."""

from __future__ import annotations

import json
from math import isnan

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.core.errors import DataError
from mlwright.data import blocks, scan
from mlwright.data.raw import as_objects
from mlwright.data.read import read, scanning


@pytest.fixture(scope="module", autouse=True)
def small_pieces():
    """Few bytes and rows at once, so that a small file has many pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_BYTES", 7)
        patch.setattr(blocks, "_MOST_BYTES", 60)
        patch.setattr(scan, "_MOST_ROWS", 2)
        patch.setattr(scan, "_FEWEST_ROWS", 2)
        yield


def cells_at_once(path):
    raw = read(path)
    return {name: known(cells) for name, cells in raw.columns.items()}


def cells_in_lots(path):
    with scanning(path) as found:
        lots = list(found.lots(found.names))
        assert [lot.n_before for lot in lots] == np.cumsum([0, *(lot.n_rows for lot in lots)])[:-1].tolist()
        assert sum(lot.n_rows for lot in lots) == found.n_rows
        assert all(lot.n_rows <= 2 for lot in lots)
        return {name: [cell for lot in lots for cell in known(lot.columns[name])] for name in found.names}


def known(cells):
    """Cells as plain values that can be compared, with their types: NaN is like nothing."""
    plain = [None if isinstance(cell, float) and isnan(cell) else cell for cell in as_objects(cells).tolist()]
    return [(type(cell).__name__, cell) for cell in plain]


def outcome(of, path):
    try:
        return of(path)
    except DataError as error:
        return str(error)


lines = st.lists(
    st.text(alphabet='ab1203.,,,;"\n\r -eé', max_size=9)
    | st.sampled_from(["1,2", '"a\nb",2', "1.5,x", "00,y"]),
    min_size=1,
    max_size=14,
)


@settings(max_examples=400, deadline=None)
@given(lines=lines, end=st.sampled_from(["\n", "\r\n"]))
def test_a_text_table_is_the_same_whatever_is_in_it(lines, end, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "some.csv"
    path.write_bytes(end.join(["a,b", *lines]).encode())
    assert outcome(cells_in_lots, path) == outcome(cells_at_once, path)


plain_cells = st.sampled_from(
    ["1", "2.5", "0.125", "12", "", " 7", "1.234", "1e15", "9007199254740993", "x", "-0"]
)


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(plain_cells, min_size=1, max_size=12))
def test_a_column_is_of_numbers_in_all_pieces_or_in_none(cells, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    path.write_text("a,b\n" + "".join(f"{cell},y\n" for cell in cells))
    assert cells_in_lots(path) == cells_at_once(path)


values = (
    st.none()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.text(max_size=3)
)
rows = st.lists(st.dictionaries(st.sampled_from("abc"), values, max_size=3), min_size=1, max_size=9)


@settings(max_examples=200, deadline=None)
@given(rows=rows, broken=st.sampled_from(["", "", "", "[", "3", "\n\n", "{"]))
def test_lines_of_json_are_the_same_whichever_keys_they_have(rows, broken, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "some.jsonl"
    path.write_text("\n".join([*map(json.dumps, rows), broken]))
    assert outcome(cells_in_lots, path) == outcome(cells_at_once, path)


whole_numbers = st.none() | st.sampled_from([0, 1, -5, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1])


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(whole_numbers, min_size=1, max_size=9))
@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrows"])
def test_typed_files_are_the_same_with_gaps_and_without(suffix, cells, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"some{suffix}"
    texts = [None if cell is None else f"{cell} ü" for cell in cells]
    frame = pl.DataFrame({"a": pl.Series(cells, dtype=pl.Int64), "b": pl.Series(texts, dtype=pl.String)})
    writers = {
        ".parquet": frame.write_parquet,
        ".feather": frame.write_ipc,
        ".arrows": frame.write_ipc_stream,
    }
    writers[suffix](path)
    assert cells_in_lots(path) == cells_at_once(path)
