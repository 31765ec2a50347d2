"""Every file format gives the same typed rows, and says what it cannot read."""

import numpy as np
import polars as pl
import pytest

from mlwright.core.errors import DataError
from mlwright.data.frames import from_frame
from mlwright.data.infer import infer
from mlwright.data.parse import parse
from mlwright.data.read import SOURCES

ROWS = {
    "size": [1.5, None, -2.25, 1e6] * 10,
    "count": [1, 2, 3, 2**40] * 10,
    "shop": ["north", "söuth", "", 'a, b "c"'] * 10,
}
FRAME = pl.DataFrame(ROWS)
WRITERS = {
    ".csv": FRAME.write_csv,
    ".tsv": lambda path: FRAME.write_csv(path, separator="\t"),
    ".tab": lambda path: FRAME.write_csv(path, separator="\t"),
    ".psv": lambda path: FRAME.write_csv(path, separator="|"),
    ".txt": FRAME.write_csv,
    ".data": lambda path: FRAME.write_csv(path, separator=";"),
    ".dat": FRAME.write_csv,
    ".jsonl": FRAME.write_ndjson,
    ".ndjson": FRAME.write_ndjson,
    ".json": FRAME.write_json,
    ".parquet": FRAME.write_parquet,
    ".pq": FRAME.write_parquet,
    ".feather": FRAME.write_ipc,
    ".arrow": FRAME.write_ipc,
    ".arrows": FRAME.write_ipc_stream,
    ".ipc": FRAME.write_ipc,
}
SUFFIXES = [(name, suffix) for name in SOURCES.names() for suffix in SOURCES.get(name).suffixes]


def test_an_ending_belongs_to_one_format_and_is_written_as_expected():
    endings = [suffix for _, suffix in SUFFIXES]
    assert len(set(endings)) == len(endings)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in endings)


@pytest.mark.parametrize(("name", "suffix"), SUFFIXES)
def test_the_typed_rows_are_those_of_the_frame(name, suffix, tmp_path):
    path = tmp_path / f"rows{suffix}"
    WRITERS[suffix](path)
    raw = SOURCES.get(name).read(path)
    assert (raw.n_rows, raw.names) == (40, tuple(ROWS))
    schema, _ = infer(from_frame(FRAME))
    expected = parse(schema, from_frame(FRAME))
    for column, values in parse(schema, raw).items():
        np.testing.assert_array_equal(values, expected[column])


@pytest.mark.parametrize(("name", "suffix"), SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(name, suffix, content, tmp_path):
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError):
        SOURCES.get(name).read(path)


@pytest.mark.parametrize(("name", "suffix"), SUFFIXES)
def test_bytes_that_are_no_table_never_end_in_another_error(name, suffix, tmp_path):
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(np.random.default_rng(0).bytes(2_000))
    outcome = None
    try:
        SOURCES.get(name).read(path)
    except DataError as error:
        outcome = str(error)
    assert outcome is None or path.name in outcome
