"""Scoring: files of answers, and metrics on labeled rows."""

import os
import stat
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlwright.core.errors import MissingColumnError, UsageError
from mlwright.workflow.evaluate import evaluate
from mlwright.workflow.score import FORMATS, predict_file, predict_frame

from .conftest import houses, only, trained

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


def test_evaluating_gives_every_metric_with_its_interval(price_model, sale_model, grade_model):
    for model, target in ((price_model, "price"), (sale_model, "is_sold"), (grade_model, "grade")):
        rows = only(houses(seed=3), "number", "size", "age", "area", target)
        rows[0][target] = None
        found = evaluate(model, rows)
        assert found["n_rows"] == 159
        assert tuple(found["metrics"]) == model.task.metrics
        for estimate in found["metrics"].values():
            assert estimate["low"] <= estimate["value"] <= estimate["high"]


def test_evaluating_the_rows_that_judged_gives_what_the_evidence_says():
    rows = only(houses(), "size", "age", "area", "price")
    model = trained(rows[:100], "price", test=rows[100:])
    assert evaluate(model, rows[100:])["metrics"] == model.evidence["test"]


@pytest.mark.parametrize("target", ["price", "is_sold", "grade"])
def test_evaluating_the_rows_that_judged_measures_coverage_and_calibration_again(target):
    rows = only(houses(400), "size", "age", "area", target)
    model = trained(rows[:300], target, test=rows[300:])
    again, told = evaluate(model, rows[300:]), model.evidence
    for measured, end in product(("coverage", "size"), ("value", "low", "high")):
        assert again["intervals"][measured][end] == pytest.approx(told["intervals"][measured][end], rel=1e-12)
    assert again["intervals"]["level"] == told["intervals"]["level"]
    assert again["calibration_error"] == told["calibration_error"]
    assert again["decision"] is None


def test_evaluating_without_the_target_is_refused(price_model):
    with pytest.raises(MissingColumnError, match="'price'"):
        evaluate(price_model, ROWS)
