"""Predicting: frames and files of answers."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.workflow.output import FORMATS
from mlwright.workflow.predict import predict_file, predict_frame

from .conftest import houses, only

READERS = {
    ".csv": pl.read_csv,
    ".parquet": pl.read_parquet,
    ".jsonl": pl.read_ndjson,
    ".feather": pl.read_ipc,
}
ROWS = only(houses(seed=9, n_rows=40), "number", "size", "age", "area")


def test_every_format_is_tested_here():
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("suffix", FORMATS)
def test_answers_are_the_same_in_every_format(sale_model, tmp_path, suffix):
    out = tmp_path / f"answers{suffix}"
    assert predict_file(sale_model, ROWS, out) == 40
    found = READERS[suffix](out)
    assert found.columns == ["number", "prediction", "probability_no", "probability_yes"]
    assert found["number"].to_list() == [row["number"] for row in ROWS]
    assert found["prediction"].to_list() == sale_model.predict(ROWS).tolist()
    shares = found.select("probability_no", "probability_yes").to_numpy()
    np.testing.assert_allclose(shares, sale_model.predict_proba(ROWS), rtol=1e-12)
    assert [path.name for path in tmp_path.iterdir()] == [out.name], "nothing temporary is left"


def test_without_ids_rows_are_numbered_from_one(price_model):
    frame = predict_frame(price_model, ROWS)
    assert frame.columns == ["row", "prediction"]
    assert frame["row"].to_list() == list(range(1, 41))
    np.testing.assert_array_equal(frame["prediction"].to_numpy(), price_model.predict(ROWS))


def test_several_classes_have_a_column_each(grade_model):
    frame = predict_frame(grade_model, ROWS)
    assert frame.columns == ["row", "prediction", "probability_a", "probability_b", "probability_c"]
    assert set(frame["prediction"]) <= set("abc")


def test_ids_are_given_back_as_they_came(sale_model):
    rows = [{**row, "number": 10**15 + n} for n, row in enumerate(ROWS)]
    assert predict_frame(sale_model, rows)["number"].to_list() == [10**15 + n for n in range(40)]


def test_rows_without_the_id_column_are_numbered(sale_model):
    assert predict_frame(sale_model, only(ROWS, "size", "age", "area")).columns[0] == "row"


def test_without_a_file_csv_goes_to_standard_output(price_model, capsys):
    assert predict_file(price_model, ROWS[:2], None) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "row,prediction"
    assert len(lines) == 3


def test_answers_can_be_read_by_whom_other_files_can(price_model, tmp_path):
    (tmp_path / "other").touch()
    predict_file(price_model, ROWS, tmp_path / "answers.csv")
    modes = [stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("other", "answers.csv")]  # noqa: PTH116
    assert modes[0] == modes[1]


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("answers.xlsx", "no known format.*csv"),
        ("nowhere/answers.csv", "does not exist"),
        ("folder.csv", "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_and_nothing_is_left(price_model, tmp_path, out, says):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match=says):
        predict_file(price_model, ROWS, tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that nobody can write to")
def test_a_folder_that_cannot_be_written_to_is_refused(price_model):
    with pytest.raises(UsageError, match=r"cannot be written to '/proc/answers.csv'"):
        predict_file(price_model, ROWS, "/proc/answers.csv")


def test_an_old_file_stays_if_the_new_one_fails(price_model, tmp_path):
    out = tmp_path / "answers.csv"
    out.write_text("old")
    with pytest.raises(MissingColumnError):
        predict_file(price_model, only(ROWS, "age"), out)
    assert out.read_text() == "old"
    predict_file(price_model, ROWS, out)
    assert out.read_text().startswith("row,prediction\n1,")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "error",
    [
        pl.exceptions.ComputeError("underlying IO error: [Errno 28] No space left on device"),
        pl.exceptions.ComputeError("parquet: underlying IO error: [Errno 27] File too large"),
        OSError("Disk quota exceeded (os error 122)"),
    ],
)
def test_a_full_device_is_told_whatever_polars_calls_it(price_model, tmp_path, monkeypatch, suffix, error):
    def full(*_, **__):
        raise error

    monkeypatch.setattr(pl.DataFrame, WRITERS[suffix].__name__, full)
    with pytest.raises(UsageError, match=rf"answers\{suffix}': (No space|File too|Disk quota)[a-z ]*\.$"):
        predict_file(price_model, ROWS, tmp_path / f"answers{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def small_lots(monkeypatch):
    """Seven rows at once, pieces of files of a hundred bytes, parts of twenty rows."""
    for name, value in {
        "data.scan._MOST_ROWS": 7,
        "data.scan._FEWEST_ROWS": 7,
        "data.blocks._BYTES": 100,
        "workflow.output._PART_ROWS": 20,
    }.items():
        monkeypatch.setattr(f"mlwright.{name}", value)


WRITERS = {
    ".csv": pl.DataFrame.write_csv,
    ".parquet": pl.DataFrame.write_parquet,
    ".jsonl": pl.DataFrame.write_ndjson,
    ".feather": pl.DataFrame.write_ipc,
}


def written(rows, path):
    WRITERS[path.suffix](pl.DataFrame(rows, infer_schema_length=None), path)
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_many_lots_give_what_one_gives(sale_model, tmp_path, small_lots, suffix):
    rows = only(houses(seed=9, n_rows=61), "number", "size", "age", "area")
    rows = [{**row, "number": None if n % 9 == 8 else 100 * n} for n, row in enumerate(rows)]
    data, out = written(rows, tmp_path / f"rows{suffix}"), tmp_path / f"answers{suffix}"
    assert predict_file(sale_model, data, out, 0.8) == 61
    found = READERS[suffix](out)
    assert found.columns[:3] == ["number", "prediction", "probability_no"]
    assert found["number"].to_list()[:8] == [100 * n for n in range(8)]
    at_once = predict_frame(sale_model, data, 0.8)
    if suffix == ".jsonl":  # which does not know NaN
        at_once = at_once.with_columns(pl.col("number").fill_nan(None))
    assert found.cast(at_once.schema).equals(at_once)
    assert found["prediction"].to_list() == sale_model.predict(rows).tolist()
    np.testing.assert_allclose(found["probability_yes"], sale_model.predict_proba(rows)[:, 1], rtol=1e-12)
    sets = [json.loads(cell) for cell in found["prediction_set"]]
    assert sets == [list(labels) for labels in sale_model.predict_set(rows, 0.8)]
    assert {path.name for path in tmp_path.iterdir()} == {data.name, out.name}, "nothing temporary is left"


def test_lots_do_not_show_in_a_csv_file(price_model, tmp_path, monkeypatch, capsys):
    data = written(ROWS, tmp_path / "rows.csv")
    predict_file(price_model, data, tmp_path / "one.csv")
    monkeypatch.setattr("mlwright.data.scan._MOST_ROWS", 7)
    monkeypatch.setattr("mlwright.data.scan._FEWEST_ROWS", 7)
    predict_file(price_model, data, tmp_path / "many.csv")
    assert (tmp_path / "many.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    predict_file(price_model, data, None)
    assert capsys.readouterr().out == (tmp_path / "one.csv").read_text()


@pytest.mark.parametrize("first", [1, "A1"])
def test_ids_are_of_one_type_whatever_comes_late(sale_model, tmp_path, small_lots, first):
    rows = [{**row, "number": number} for number, row in enumerate(ROWS)]
    rows[0]["number"], rows[30]["number"] = first, "X7"
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    predict_file(sale_model, data, tmp_path / "answers.parquet")
    assert pl.read_parquet(tmp_path / "answers.parquet")["number"].to_list() == [
        str(row["number"]) for row in rows
    ]


@pytest.mark.parametrize("out", [None, "answers.csv", "answers.parquet"])
def test_a_bad_cell_far_down_is_named_by_its_row_in_the_file_and_nothing_is_written(
    price_model, tmp_path, small_lots, capsys, out
):
    rows = [{**row, "size": "wide" if n == 33 else str(row["size"] or "")} for n, row in enumerate(ROWS)]
    data = written(rows, tmp_path / "rows.csv")
    with pytest.raises(DataError, match=r"^Column 'size', row 34: found 'wide'"):
        predict_file(price_model, data, out and tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert not capsys.readouterr().out


def test_of_several_files_the_one_with_the_bad_cell_is_named(price_model, tmp_path, small_lots):
    written(ROWS[:20], tmp_path / "a.csv")
    rows = [{**row, "size": "wide" if n == 9 else str(row["size"] or "")} for n, row in enumerate(ROWS)]
    written(rows, tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"^b\.csv: Column 'size', row 10: found 'wide'"):
        predict_file(price_model, tmp_path / "*.csv", tmp_path / "answers.jsonl")


def test_rows_of_several_files_are_numbered_through(price_model, tmp_path, small_lots):
    written(ROWS[:20], tmp_path / "a.csv")
    written(ROWS[20:], tmp_path / "b.csv")
    assert predict_file(price_model, str(tmp_path / "*.csv"), tmp_path / "answers.feather") == 40
    found = pl.read_ipc(tmp_path / "answers.feather")
    assert found["row"].to_list() == list(range(1, 41))
    np.testing.assert_array_equal(found["prediction"], price_model.predict(ROWS))


def test_a_table_without_rows_gives_one_without_answers(sale_model, tmp_path):
    data = tmp_path / "rows.parquet"
    pl.DataFrame(ROWS).head(0).write_parquet(data)
    assert predict_file(sale_model, data, tmp_path / "answers.csv") == 0
    assert (tmp_path / "answers.csv").read_text() == "number,prediction,probability_no,probability_yes\n"


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_interrupt_leaves_nothing(price_model, tmp_path, small_lots, monkeypatch, suffix):
    data = written(ROWS, tmp_path / "rows.csv")

    def interrupt(event):
        raise KeyboardInterrupt

    monkeypatch.setattr("mlwright.workflow.predict._QUIET_S", -1.0)
    with pytest.raises(KeyboardInterrupt):
        predict_file(price_model, data, tmp_path / f"answers{suffix}", listen=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_long_work_tells_how_far_it_is(price_model, tmp_path, small_lots, monkeypatch):
    monkeypatch.setattr("mlwright.workflow.predict._QUIET_S", -1.0)
    events = []
    predict_file(price_model, written(ROWS, tmp_path / "rows.csv"), tmp_path / "a.csv", listen=events.append)
    assert [(event.done, event.total) for event in events] == [(7 * n, 40) for n in range(1, 6)] + [(40, 40)]
