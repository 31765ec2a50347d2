"""The prediction log drops and counts rather than waits, and its files are whole or not there."""

from __future__ import annotations

import shutil
import time

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.core.errors import MissingDependencyError, UnknownNameError, UsageError
from mlwright.serving import log_files, prediction_log
from mlwright.serving.build import open_scorer
from mlwright.serving.counters import Counters
from mlwright.serving.log_files import LogFiles, open_folder
from mlwright.serving.options import log_policy
from mlwright.serving.prediction_log import PredictionLog, check_log, features_of
from mlwright.serving.settings import LogPolicy, Settings

ROWS = [
    {"size": 1.5, "color": "red", "is_new": True, "built": "2020-05-01"},
    {"size": None, "color": None, "is_new": None, "built": None},
    {"size": -2.0, "color": "blue", "is_new": False, "built": "1999-12-31"},
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    rng = np.random.default_rng(0)
    n_rows = 150
    size = rng.normal(0, 1, n_rows).round(3)
    built = np.datetime64("2000-01-01") + rng.integers(0, 8000, n_rows)
    table = {
        "size": size,
        "color": rng.choice(["red", "blue"], n_rows),
        "is_new": rng.choice(["true", "false"], n_rows),
        "built": built.astype(str),
        "price": (size * 3 + rng.normal(0, 1, n_rows)).round(2),
    }
    place = tmp_path_factory.mktemp("log") / "price.mlw"
    mw.train(table, "price", max_trials=1, refit="no").save(place)
    return place


@pytest.fixture(scope="module")
def scorer(model):
    return open_scorer(model, Settings())


def started(scorer, folder, features="all", keep_bytes=None):
    policy = LogPolicy(open_folder(folder), features, keep_bytes)
    counters = Counters(scorer, ["/predict"])
    return PredictionLog(policy, features_of(policy, scorer), counters), counters


def add(log, scorer, rows, request_id="one"):
    found = scorer.reader.records(rows)
    log.add(request_id, "/predict", scorer, found, scorer.answer(found))


def counted(counters, what):
    lines = counters.text().decode().splitlines()
    return float(
        next(line for line in lines if line.startswith(f"mlwright_prediction_log_{what}_total")).split()[1]
    )


def test_cells_are_logged_as_what_they_mean(scorer, tmp_path):
    log, counters = started(scorer, tmp_path / "log")
    add(log, scorer, ROWS)
    add(log, scorer, ROWS * 20, "many")  # so many are read by column
    log.close()
    found = pl.read_parquet(tmp_path / "log" / "*.parquet")
    assert len(found) == 63 == counted(counters, "written")
    first = found.filter(pl.col("request_id") == "one")
    assert first["feature_size"].to_list() == [1.5, None, -2.0]
    assert first["feature_color"].to_list() == ["red", None, "blue"]
    assert first["feature_is_new"].to_list() == [True, None, False]
    assert [None if day is None else str(day.date()) for day in first["feature_built"]] == [
        "2020-05-01",
        None,
        "1999-12-31",
    ]
    expected = scorer.answer(scorer.reader.records(ROWS)).values
    assert found["prediction"].to_list() == expected.tolist() * 21
    assert found.filter(pl.col("request_id") == "many")["row"].to_list() == list(range(1, 61))


def test_no_cell_is_logged_unless_asked_for(scorer, tmp_path):
    log, _ = started(scorer, tmp_path / "log", "none")
    add(log, scorer, ROWS)
    log.close()
    assert not [name for name in pl.read_parquet(tmp_path / "log" / "*.parquet").columns if "feature" in name]


def test_rows_beyond_the_queue_are_dropped_and_counted(scorer, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction_log, "_EACH_S", 3600.0)  # nobody empties it
    monkeypatch.setattr(prediction_log, "_MOST_WAITING", 5 * 30)
    log, counters = started(scorer, tmp_path / "log")
    for _ in range(12):
        add(log, scorer, ROWS)
    assert counted(counters, "dropped") == 6
    log.close()
    assert len(pl.read_parquet(tmp_path / "log" / "*.parquet")) == 30


def test_while_nothing_can_be_written_rows_wait_and_then_are_there(scorer, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(log_files, "MOST_S", 0.0)
    monkeypatch.setattr(log_files, "_RETRY_S", 0.0)
    folder = tmp_path / "log"
    log, counters = started(scorer, folder)
    shutil.rmtree(folder)
    add(log, scorer, ROWS)
    assert until(lambda: "the prediction log cannot be written" in caplog.text)
    assert counted(counters, "written") == 0
    folder.mkdir()
    assert until(lambda: counted(counters, "written") == 3)
    log.close()
    assert len(pl.read_parquet(folder / "*.parquet")) == 3
    assert counted(counters, "dropped") == 0
    assert not list(folder.glob(".*"))


def test_what_is_never_written_is_counted(scorer, tmp_path):
    log, counters = started(scorer, tmp_path / "log")
    shutil.rmtree(tmp_path / "log")
    add(log, scorer, ROWS)
    log.close()
    assert counted(counters, "dropped") == 3


def test_rows_of_which_no_table_can_be_made_do_not_end_the_log(scorer, tmp_path, monkeypatch, caplog):
    log, counters = started(scorer, tmp_path / "log")
    with monkeypatch.context() as patch:
        patch.setattr(prediction_log, "table", lambda *_: 1 / 0)
        add(log, scorer, ROWS)
        assert until(lambda: "rows cannot be put into the prediction log" in caplog.text)
    add(log, scorer, ROWS[:2], "later")
    log.close()
    assert pl.read_parquet(tmp_path / "log" / "*.parquet")["request_id"].to_list() == ["later"] * 2
    assert (counted(counters, "written"), counted(counters, "dropped")) == (2, 3)


def test_a_file_that_cannot_be_written_for_any_reason_is_tried_again(scorer, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(log_files, "MOST_S", 0.0)
    monkeypatch.setattr(log_files, "_RETRY_S", 0.0)
    log, counters = started(scorer, tmp_path / "log")
    with monkeypatch.context() as patch:
        patch.setattr(LogFiles, "_write", lambda *_: 1 / 0)
        add(log, scorer, ROWS)
        assert until(lambda: "the prediction log cannot be written" in caplog.text)
    assert until(lambda: counted(counters, "written") == 3)
    log.close()


def test_the_oldest_files_go(scorer, tmp_path):
    folder = open_folder(tmp_path / "log")
    files = LogFiles(folder, keep_bytes=2_500)
    frame = pl.DataFrame({"number": range(100)})
    for _ in range(8):
        files.add("v1", frame)
        assert files.rotate() == 100
    left = sorted(folder.iterdir())
    assert 1 < len(left) < 8
    assert sum(one.stat().st_size for one in left) <= 2_500


def test_models_do_not_share_a_file(tmp_path):
    files = LogFiles(open_folder(tmp_path / "log"), None)
    files.add("v1", pl.DataFrame({"number": [1.0]}))
    files.add("v2", pl.DataFrame({"word": ["a"]}))
    assert files.rotate() == 2
    assert [one.name.split("-")[2] for one in sorted((tmp_path / "log").iterdir())] == ["v1", "v2"]


def test_what_cannot_be_logged_is_refused_at_once(scorer, tmp_path):
    with pytest.raises(
        UnknownNameError, match="No column that the model reads is called 'sise' for --log-features"
    ):
        features_of(LogPolicy(tmp_path, "color,sise"), scorer)
    with pytest.raises(UsageError, match="say where with --log"):
        log_policy(None, "all", "")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="Nothing can be logged in"):
        log_policy(tmp_path / "file", "none", "")


def until(is_so):
    """Wait until it is so; tell whether it came to that."""
    for _ in range(3_000):
        if is_so():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(("before", "now"), [("all", "none"), ("none", "size"), ("size", "color")])
def test_a_folder_with_answers_of_other_columns_is_refused(model, scorer, tmp_path, before, now):
    log, _ = started(scorer, tmp_path, before)
    add(log, scorer, ROWS)
    log.close()
    open_scorer(model, Settings(log=LogPolicy(tmp_path, before)))
    with pytest.raises(UsageError, match="holds answers with other columns: 'feature_"):
        open_scorer(model, Settings(log=LogPolicy(tmp_path, now)))
    assert len(pl.read_parquet(f"{tmp_path}/**/*.parquet")) == len(ROWS)


@pytest.mark.parametrize(("name", "cells", "says"), [
    ("time", ["now"], "'time' would be moments, in predictions-1.parquet it is texts"),
    ("request_id", [1], "'request_id' would be texts, in predictions-1.parquet it is whole numbers"),
    ("prediction", None, "'prediction' would be numbers, in predictions-1.parquet it is missing"),
])  # fmt: skip
def test_other_columns_are_told_in_words(scorer, tmp_path, name, cells, says):
    log, _ = started(scorer, tmp_path / "log")
    add(log, scorer, ROWS[:1])
    log.close()
    frame = pl.read_parquet(tmp_path / "log" / "*.parquet").drop(name)
    (tmp_path / "old").mkdir()
    found = frame if cells is None else frame.with_columns(pl.Series(name, cells))
    found.write_parquet(tmp_path / "old" / "predictions-1.parquet")
    with pytest.raises(UsageError) as refused:
        check_log(LogPolicy(tmp_path / "old", "all"), scorer)
    assert says in str(refused.value)


def test_a_folder_with_what_is_no_log_is_refused(scorer, tmp_path):
    check_log(LogPolicy(tmp_path), scorer)
    (tmp_path / "predictions-1.parquet").write_bytes(b"")
    with pytest.raises(UsageError, match="cannot be read as Parquet"):
        check_log(LogPolicy(tmp_path), scorer)


def test_a_log_where_polars_is_not_installed_is_refused_without_advice_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("mlwright.serving.options.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"--log.*'polars'.*--to deployment") as refused:
        log_policy(tmp_path / "log", "none", "")
    assert "pip" not in str(refused.value)
    assert not (tmp_path / "log").exists()
