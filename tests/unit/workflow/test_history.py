"""Training with what was known of earlier rows, and answering with it, with other events, or from memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.core.dataset import Dataset
from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.history import Memory, history_columns
from mlwright.core.schema import Column, Kind, Schema
from mlwright.features.steps.history import History
from mlwright.testing.lowered import lowered_step
from mlwright.workflow.explain import explain

N_ROWS = 400
START = datetime(2024, 1, 1)  # noqa: DTZ001 - as tables hold them


def posts(seed=0, n_rows=N_ROWS):
    """Return posts whose likes follow the author's level, which drifts upwards and is in no column."""
    rng = np.random.default_rng(seed)
    authors = rng.integers(0, 6, n_rows)
    hours = np.sort(rng.random(n_rows)) * 5_000
    level = 3.0 * authors + 20.0 * hours / 5_000
    return pl.DataFrame(
        {
            "author": [f"author {number}" for number in authors],
            "posted": [START + timedelta(hours=float(hour)) for hour in hours],
            "size": rng.normal(size=n_rows).round(3),
            "likes": (level + rng.normal(0, 0.5, n_rows)).round(4),
        }
    )


@pytest.fixture(scope="module")
def rows():
    return posts()


@pytest.fixture(scope="module")
def model(rows):
    early = rows[:300]
    return mw.train(early, target="likes", time="posted", history="author", max_trials=3)


def test_history_makes_columns_that_the_model_reads(model):
    assert set(history_columns("author")) | set(history_columns("all")) <= set(model.inputs)
    assert model.evidence["history"]["entities"] == ["author", "all"]
    assert "history" in {finding["rule"] for finding in model.evidence["findings"]}


def test_whatever_learns_stands_on_the_level_but_the_baseline(model):
    members = model.evidence["recipe"]["members"]
    assert members
    assert all(member["settings"].get("on_a_level") for member in members)
    assert model.evidence["baseline"]["rmse"]["value"] > 3.0  # a mean knows no level


def test_knowing_earlier_outcomes_is_better_than_memory_and_both_are_told(model, rows):
    late = rows[300:]
    told = mw.evaluate(model, late, history=[rows[:300], late])["metrics"]["rmse"]["value"]
    remembered = mw.evaluate(model, late)["metrics"]["rmse"]["value"]
    level_of_all = float(np.std(late["likes"].to_numpy()))
    assert told < remembered < level_of_all
    assert model.evidence["test"]["rmse"]["value"] < model.evidence["history"]["remembered"]["rmse"]["value"]


def test_events_answer_as_the_columns_that_they_make(model, rows, tmp_path):
    late = rows[300:].drop("likes")
    columns = mw.history(model, late, rows[:300])
    given = late.with_columns(*(pl.Series(name, cells) for name, cells in columns.items()))
    path = tmp_path / "answers.parquet"
    assert mw.predict(model, late, path, history=rows[:300]) == len(late)
    np.testing.assert_array_equal(pl.read_parquet(path)["prediction"].to_numpy(), model.predict(given))
    one = given.row(0, named=True)
    assert model.predict(one)[0] == model.predict(given)[0]


def test_a_row_without_history_is_answered_from_memory_in_every_entrance(model, rows):
    late = rows[300:320].drop("likes")
    whole = model.predict(late)
    empty = late.with_columns(pl.lit(None, pl.Float64).alias(name) for name in history_columns("author"))
    np.testing.assert_array_equal(model.predict(empty), whole)
    np.testing.assert_array_equal([model.predict(row)[0] for row in late.iter_rows(named=True)], whole)


def test_rows_learned_from_are_known_with_and_without_their_history(model, rows):
    for history in (None, rows[:300]):
        assert mw.evaluate(model, rows[:300], history=history)["seen"] > 0.9
        assert not mw.evaluate(model, rows[300:], history=history)["seen"]


def test_a_row_without_history_is_explained(model, rows):
    late = rows[300:302].drop("likes")
    told = explain(model, late)["rows"]
    for row, answer in zip(told, model.predict(late), strict=True):
        assert row["base"] + sum(one["amount"] for one in row["columns"]) == pytest.approx(answer, rel=1e-4)
        given = {one["column"]: one["value"] for one in row["columns"]}
        assert given["size"] is not None
        assert {given[name] for name in history_columns("author") if name in given} == {None}


def test_memory_is_what_was_known_after_the_last_row_learned_from(model, rows):
    after = rows["posted"].max() + timedelta(days=1)
    asked = pl.DataFrame({"author": ["author 1", "nobody"], "posted": [after] * 2, "size": [0.0] * 2})
    columns = mw.history(model, asked, rows[:300])
    gaps = {name for name in columns if name.endswith(".gap")}
    told = asked.with_columns(
        pl.Series(name, np.full(2, np.nan) if name in gaps else cells) for name, cells in columns.items()
    )
    np.testing.assert_array_equal(model.predict(told), model.predict(asked))


def test_the_sealed_test_does_not_reach_the_features_or_the_memory_of_training(rows):
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import prepare

    options = TrainOptions(time="posted", history=("author",), max_trials=1)
    cut = prepare(rows, "likes", options)
    first = int(cut.split.test.min())
    changed = rows.with_columns(
        pl.when(pl.int_range(len(rows)) >= first).then(pl.col("likes") * -7).otherwise("likes").alias("likes")
    )
    other = prepare(changed, "likes", options)
    for name in cut.train.columns:
        np.testing.assert_array_equal(cut.train.columns[name], other.train.columns[name])
    for one, two in zip(cut.train.memories, other.train.memories, strict=True):
        np.testing.assert_array_equal(one.values, two.values)


def test_an_outcome_that_is_known_late_tells_less(rows):
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import prepare

    at_once = prepare(rows, "likes", TrainOptions(time="posted", history=("all",), max_trials=1))
    late = TrainOptions(time="posted", history=("all",), known_after_s=30 * 86_400, max_trials=1)
    gaps = [
        prepared.everything.columns["history.all.gap"] for prepared in (at_once, prepare(rows, "likes", late))
    ]
    assert np.nanmax(gaps[0]) < 20
    assert np.nanmin(gaps[1]) >= 30


def test_two_classes_have_a_history_too(rows):
    rng = np.random.default_rng(1)
    noise = pl.Series(rng.normal(0, 9, len(rows)))
    busy = rows.with_columns((pl.col("likes") - pl.col("likes").mean() + noise > 0).alias("busy")).drop(
        "likes"
    )
    model = mw.train(busy, target="busy", time="posted", history="author", max_trials=2)
    assert "history.author.mean_20" in model.inputs


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"history": "author"}, "--time COL"),
        ({"history": "author", "time": "none"}, "--time COL"),
        ({"history": "nobody", "time": "posted"}, "nobody"),
        ({"history": "author", "time": "posted", "target": "mood"}, "3 classes"),
        ({"history": "author", "time": "size", "known_after": "24h"}, "--known-after needs dates"),
    ],
)
def test_what_has_no_history_is_refused(rows, options, said):
    moods = rows.with_columns(pl.Series("mood", ["sad", "glad", "mad", "glad"] * 100))
    asked = {"target": "likes", "max_trials": 1, **options}
    with pytest.raises((UsageError, MissingColumnError), match=said):
        mw.train(moods, **asked)


@pytest.mark.parametrize("column", ["author", "posted"])
def test_a_column_without_a_name_or_a_time_has_no_history(rows, column):
    empty = rows.with_columns(pl.lit(None, dtype=rows[column].dtype).alias(column))
    with pytest.raises(DataError, match=r"no history|cannot tell the time|different times"):
        mw.train(empty, target="likes", time="posted", history="author", max_trials=1)


def test_where_nobody_was_named_while_it_learned_everybody_is_nobody():
    names = history_columns("author")
    columns = {name: np.array([np.nan, 3.0]) for name in names}
    schema = Schema(tuple(Column(name=name, kind=Kind.NUMBER) for name in names))
    nobody = Memory("author", names, (), np.zeros((1, len(names)), np.float32))
    rows = Dataset(schema=schema, columns={**columns, "author": np.array(["", ""], object)}, n_rows=2)
    step = History().fit(replace(rows, memories=(nobody,)), seed=0)
    assert step.layout.reads == names
    expected = [[0.0] * len(names), [3.0] * len(names)]
    np.testing.assert_array_equal(step.transform(columns).dense, expected)
    np.testing.assert_array_equal(lowered_step(step, schema, columns, "dense"), expected)


def test_a_name_that_is_taken_is_refused(rows):
    with pytest.raises(UsageError, match="rename it"):
        mw.train(
            rows.rename({"size": "history.all.mean"}),
            target="likes",
            time="posted",
            history="all",
            max_trials=1,
        )


def test_events_need_a_model_with_history_and_the_columns_it_reads(model, rows):
    plain = mw.train(rows[:200], target="likes", time="posted", max_trials=1)
    with pytest.raises(UsageError, match="without --history"):
        mw.evaluate(plain, rows[300:], history=rows)
    with pytest.raises(MissingColumnError, match="author"):
        mw.evaluate(model, rows[300:], history=rows.drop("author"))


def test_a_project_with_history_is_refused_by_name(model, tmp_path):
    with pytest.raises(UsageError, match="'history'"):
        mw.export(model, "python", tmp_path / "project")


def test_a_test_that_was_given_tells_nothing_to_the_rows_to_learn_from(rows, tmp_path):
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import prepare

    is_test = np.arange(len(rows)) % 5 == 0  # as early as the others
    train, test = rows.filter(~is_test), rows.filter(is_test)
    found = []
    for judged in (test, test.with_columns(pl.col("likes") * -7)):
        options = TrainOptions(time="posted", history=("author",), max_trials=1, test=judged)
        found.append(prepare(train, "likes", options))
    for name, cells in found[0].train.columns.items():
        np.testing.assert_array_equal(found[1].train.columns[name], cells)
    told = [one.test.columns["history.all.mean"] for one in found]
    assert not np.array_equal(*told, equal_nan=True)  # but the test hears of its own earlier rows


def test_rows_that_cannot_be_told_their_past_are_refused(model, rows, tmp_path):
    rows[300:].drop("author").write_csv(tmp_path / "new.csv")
    with pytest.raises(MissingColumnError, match="author"):
        mw.predict(model, tmp_path / "new.csv", tmp_path / "answers.csv", history=rows[:300])


@pytest.mark.parametrize("cells", [["a", "b"], [1.0, 2.5]])
def test_a_column_called_all_is_not_taken_for_all_rows_together(model, rows, cells):
    early = rows[:120]
    crowded = early.with_columns(pl.Series("all", cells * 60))
    asked = {"target": "likes", "time": "posted", "history": "author", "max_trials": 1}
    trained = mw.train(crowded, **asked)
    told = mw.history(trained, rows[200:].with_columns(all=pl.lit(cells[0])), crowded)
    plain = mw.history(model, rows[200:], early)
    for name in history_columns("all"):
        np.testing.assert_array_equal(told[name], plain[name])
    assert len(trained.predict(crowded.drop("likes"))) == 120
    with pytest.raises(UsageError, match=r"has a column 'all', too\. Rename the column"):
        mw.train(crowded, **{**asked, "history": "all"})
