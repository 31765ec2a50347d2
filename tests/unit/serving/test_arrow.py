"""Arrow streams are looked at before they are read."""

from __future__ import annotations

import io
import struct

import polars as pl
import pytest

from mlwright.serving.arrow import check_cells, n_rows_of

N_ROWS = 300
TABLE = {
    "amount": [1.5] * N_ROWS,
    "word": ["a word of some length"] * N_ROWS,
    "flag": [True, None, False] * (N_ROWS // 3),
    "level": pl.Series(["a", "b", None] * (N_ROWS // 3), dtype=pl.Categorical),
    "nothing": [None] * N_ROWS,
}
MOST = 100_000


def stream(table, compression="uncompressed"):
    out = io.BytesIO()
    pl.DataFrame(table).write_ipc_stream(out, compression=compression)
    return out.getvalue()


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_a_sound_stream_tells_how_many_rows_it_has(compression):
    body = stream(TABLE, compression)
    assert n_rows_of(body, MOST) == N_ROWS
    assert n_rows_of(stream({"a": []}, compression), MOST) == 0
    check_cells(pl.read_ipc_stream(io.BytesIO(body)), MOST)


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_rows_of_all_batches_count(compression):
    pyarrow = pytest.importorskip("pyarrow")
    out, table = io.BytesIO(), pyarrow.table({"a": [1.5, None, 2.5], "b": ["x", "y", None]})
    packed = None if compression == "uncompressed" else compression
    with pyarrow.ipc.new_stream(
        out, table.schema, options=pyarrow.ipc.IpcWriteOptions(compression=packed)
    ) as written:
        for _ in range(4):
            written.write_table(table)
    assert n_rows_of(out.getvalue(), MOST) == 12


def test_what_unpacks_to_too_much_is_refused():
    body = stream({"a": [0.0] * 10_000}, "zstd")
    assert len(body) < 1_000
    assert n_rows_of(body, 80_100) == 10_000
    with pytest.raises(ValueError, match="more bytes than may come"):
        n_rows_of(body, 79_000)
    with pytest.raises(ValueError, match="more rows than bytes"):
        n_rows_of(body, 9_000)


@pytest.mark.parametrize("size", [2**31, 2**62, -2, -(2**63)])
def test_what_says_that_it_unpacks_to_what_it_cannot_is_refused(size):
    body, told = stream({"a": [1.5] * N_ROWS}, "lz4"), struct.pack("<q", 8 * N_ROWS)
    assert body.count(told) == 1
    with pytest.raises(ValueError, match=r"unpacks|no size"):
        n_rows_of(body.replace(told, struct.pack("<q", size)), MOST)


def test_a_stream_that_is_cut_short_anywhere_is_refused_or_has_no_more_rows():
    body = stream(TABLE)
    for size in range(len(body)):
        try:
            assert n_rows_of(body[:size], MOST) in (0, N_ROWS)
        except ValueError:
            continue


@pytest.mark.parametrize("body", [b"", b"\xff\xff\xff\xff", b"ARROW1\0\0", b"\xff" * 99, b"\0" * 8, b"{}"])
def test_what_is_no_stream_has_no_rows_or_is_refused(body):
    try:
        assert n_rows_of(body, MOST) == 0
    except ValueError:
        return


@pytest.mark.parametrize(
    "cells",
    [
        pl.Series(["x" * 1_000] * 200),
        pl.Series(["x" * 1_000] * 200, dtype=pl.Categorical),
        pl.Series([b"x" * 1_000] * 200, dtype=pl.Binary),
        pl.Series([[1], [2]]),
        pl.Series([{"a": 1}]),
    ],
)
def test_long_texts_and_cells_of_several_values_are_refused(cells):
    with pytest.raises(ValueError, match=r"texts are too long|several values"):
        check_cells(pl.DataFrame({"a": cells}), MOST)
