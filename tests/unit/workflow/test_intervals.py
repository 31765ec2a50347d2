"""Intervals and sets of trained models: calibrated on unseen rows, in the file, and the same everywhere."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.artifact.save import write_atomically
from mlwright.core.errors import UsageError
from mlwright.workflow.predict import predict_file, predict_frame

from .conftest import fitted, houses, only, options, trained

ROWS = only(houses(seed=9, n_rows=40), "number", "size", "age", "area")


def sizes(n_rows=900, seed=0):
    """Return rows whose target is missed by more where it is large."""
    rng = np.random.default_rng(seed)
    size, place = rng.uniform(0, 10, n_rows), rng.integers(0, 30, n_rows)
    price = 10 * size + rng.normal(size=n_rows) * (0.5 + size)
    return [
        {"size": round(float(s), 4), "place": f"p{p}", "price": round(float(y), 4)}
        for s, p, y in zip(size, place, price, strict=True)
    ]


@pytest.fixture(scope="module")
def certified():
    return trained(sizes(), "price", intervals="certified")


def test_wide_where_errors_are_large_and_the_same_alone_and_in_a_batch(certified):
    rows = [{"size": size, "place": "p1"} for size in (0.5, 5.0, 9.5)]
    found = certified.predict_interval(rows, 0.9)
    widths = found[:, 1] - found[:, 0]
    assert widths[0] * 1.3 < widths[1]
    assert widths[1] * 1.1 < widths[2]
    alone = np.vstack([certified.predict_interval(row, level=0.9) for row in rows])
    np.testing.assert_array_equal(alone, found)


def test_saved_and_loaded_they_are_the_same(certified, tmp_path):
    certified.save(tmp_path / "m.mlw")
    loaded = mw.load(tmp_path / "m.mlw")
    rows = sizes(20, seed=3)
    np.testing.assert_array_equal(loaded.predict_interval(rows), certified.predict_interval(rows, 0.9))
    frame = predict_frame(loaded, rows, 0.8)
    assert frame.columns == ["row", "prediction", "prediction_low", "prediction_high"]
    np.testing.assert_array_equal(
        frame.select("prediction_low", "prediction_high").to_numpy(), loaded.predict_interval(rows, 0.8)
    )


def test_errors_out_of_fold_give_about_the_same_widths(certified):
    approximate = trained(sizes(), "price").evidence["intervals"]
    assert (approximate["mode"], approximate["n_groups"]) == ("approximate", None)
    assert approximate["coverage"]["value"] > 0.8
    assert 0.7 < approximate["size"]["value"] / certified.evidence["intervals"]["size"]["value"] < 1.4


def test_out_of_fold_stretches_of_time_count_once_and_groups_do_not():
    rows = only(houses(400), "size", "age", "area", "price")
    timed, grouped = (
        fitted([{**row, "key": n // step} for n, row in enumerate(rows)], "price", **given)[1].conformal
        for step, given in ((1, {"time": "key"}), (40, {"group": "key"}))
    )
    assert 2 <= timed.n_groups <= 30
    assert grouped.n_groups is None


def test_the_evidence_counts_what_was_held(certified):
    told = certified.evidence["intervals"]
    assert told["mode"] == "certified"
    assert told["n_rows"] == certified.evidence["split"]["proof"]["n_held_back"] == 144
    assert told["coverage"]["low"] <= told["coverage"]["value"] <= told["coverage"]["high"]
    assert told["coverage"]["high"] >= 0.88
    assert [one["level"] for one in told["levels"]] == [0.5, 0.8, 0.9, 0.95, 0.99]
    covered = [one["coverage"]["value"] for one in told["levels"]]
    assert covered == sorted(covered)
    assert certified.evidence["refit"]["done"] is False
    assert "held back" in certified.evidence["refit"]["why"]


def test_targets_of_rows_held_back_change_the_quantiles_and_no_byte_of_the_program():
    rows = [{**row, "street": n // 4} for n, row in enumerate(only(houses(), "size", "age", "area", "price"))]
    given = {"group": "street", "intervals": "certified"}
    prepared, before = fitted(rows, "price", **given)
    # All rows that the program does not learn from, and nothing of how they are read.
    learned = set(prepared.split.train)
    for row in set(range(len(rows))) - learned - set(prepared.split.test):
        rows[row]["price"] = rows[row]["price"] + 0.01
    other, after = fitted(rows, "price", **given)
    np.testing.assert_array_equal(other.split.train, prepared.split.train)
    assert after.judged.data == before.judged.data
    assert after.conformal != before.conformal


def test_groups_are_held_back_whole_and_count_once():
    rows = [
        {**row, "street": n // 4} for n, row in enumerate(only(houses(400), "size", "age", "area", "price"))
    ]
    evidence = trained(rows, "price", group="street", intervals="certified").evidence
    assert evidence["split"]["proof"]["n_held_back_shared_groups"] == 0
    assert evidence["intervals"]["n_groups"] == 16
    assert evidence["intervals"]["highest_level"] == 0.94


def test_in_time_order_the_latest_rows_are_held_back():
    rows = [{**row, "day": n} for n, row in enumerate(only(houses(400), "size", "age", "area", "price"))]
    prepared, _ = fitted(rows, "price", time="day", intervals="certified")
    assert prepared.train.times.max() < prepared.held.times.min()
    assert prepared.held.times.max() < prepared.test.times.min()


def test_in_time_order_the_program_that_is_judged_has_learned_from_the_rows_that_calibrated():
    rows = [{**row, "day": n} for n, row in enumerate(only(houses(400), "size", "age", "area", "price"))]
    prepared, found = fitted(rows, "price", time="day", intervals="certified", refit="auto")
    assert found.refitted is None
    assert found.rows.tolist() == sorted([*prepared.split.train, *prepared.split.held])
    assert prepared.everything.times[found.rows].max() < prepared.test.times.min()
    other, alone = fitted(rows, "price", time="day", intervals="certified", refit="no")
    assert alone.rows.tolist() == other.split.train.tolist()
    assert alone.conformal == found.conformal
    assert alone.judged.data != found.judged.data
    again = trained(rows, "price", time="day", intervals="certified", refit="auto").evidence
    assert again["refit"]["n_rows"] == len(found.rows)
    assert again["refit"]["judged_program"] == again["refit"]["shipped_program"]


def test_what_the_latest_rows_hold_of_the_sealed_test_changes_no_byte_of_what_is_judged():
    rows = [{**row, "day": n} for n, row in enumerate(only(houses(400), "size", "age", "area", "price"))]
    given = {"time": "day", "intervals": "certified", "refit": "auto"}
    prepared, before = fitted(rows, "price", **given)
    for row in prepared.split.test:
        rows[row]["price"] += 1.0
    assert fitted(rows, "price", **given)[1].judged.data == before.judged.data


def test_sets_hold_labels_the_likeliest_first(grade_model, tmp_path):
    sets = grade_model.predict_set(ROWS, 0.99)
    assert [labels[0] for labels in sets] == grade_model.predict(ROWS).tolist()
    assert {len(labels) for labels in sets} > {1}
    predict_file(grade_model, ROWS, tmp_path / "a.csv", 0.99)
    written = [tuple(json.loads(cell)) for cell in pl.read_csv(tmp_path / "a.csv")["prediction_set"]]
    assert written == sets
    assert grade_model.evidence["intervals"]["answers"] == "sets"
    assert grade_model.evidence["calibration"]
    assert grade_model.evidence["calibration_error"]["direction"] == "min"


def test_a_model_of_before_there_were_intervals_answers_and_says_that_it_has_none(certified, tmp_path):
    certified.save(tmp_path / "new.mlw")
    with zipfile.ZipFile(tmp_path / "new.mlw") as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name != "intervals.json"}
    manifest = json.loads(files["manifest.json"])
    del manifest["files"]["intervals.json"]
    write_atomically(tmp_path / "old.mlw", {**files, "manifest.json": json.dumps(manifest).encode()})
    old = mw.load(tmp_path / "old.mlw")
    row = {"size": 3.0, "place": "p1"}
    assert old.predict(row) == certified.predict(row)
    with pytest.raises(UsageError, match=r"no prediction intervals or sets.*Train again"):
        old.predict_interval(row)


def test_who_asks_for_the_wrong_thing_is_told(price_model, sale_model):
    with pytest.raises(UsageError, match="ask it for intervals"):
        price_model.predict_set(ROWS)
    with pytest.raises(UsageError, match="ask it for sets"):
        sale_model.predict_interval(ROWS)
    with pytest.raises(UsageError, match="between 0 and 1"):
        price_model.predict_interval(ROWS, 90)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"intervals": "sure"}, "--intervals 'sure'.*approximate, certified"),
        ({"intervals": "certified", "refit": "yes"}, "Leave out --refit yes"),
    ],
)
def test_an_option_that_cannot_be_is_refused(given, says):
    with pytest.raises(UsageError, match=says):
        options(**given)


def test_a_column_that_leaks_is_gone_from_the_rows_held_back_too():
    rows = [{**row, "copy": row["price"] * 2 + 1} for row in sizes(400)]
    model = trained(rows, "price", intervals="certified")
    assert "copy" not in model.inputs
    assert model.evidence["intervals"]["n_rows"] == model.evidence["split"]["proof"]["n_held_back"]
