"""Logs, tables and questions that are odd on purpose: an answer, or one clear error."""

from __future__ import annotations

import csv
import warnings

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import mlwright as mw
from mlwright.cli.app import app as cli
from mlwright.core.errors import MlwrightError, OutOfMemoryError, UsageError
from mlwright.testing.tastes import taste_log

N = 720
RNG = np.random.default_rng(0)


def log(**changes):
    return {**taste_log(), **changes}


def named(*odd):
    """Put these names in the place of the first items and users."""
    users, items = (
        dict(zip([f"{what} {n}" for n in range(len(odd))], odd, strict=True)) for what in ("user", "item")
    )
    found = taste_log()
    found["user"] = [users.get(name, name) for name in found["user"]]
    found["item"] = [items.get(name, name) for name in found["item"]]
    return found


def many(n=100_000):
    """One user has most of the events."""
    found = taste_log()
    for name, cells in (
        ("user", ["robot"] * n),
        ("item", [f"item {item}" for item in RNG.integers(0, 2_000, n)]),
        ("rating", RNG.integers(1, 6, n).tolist()),
        ("time", RNG.integers(10**9, 10**9 + 10**7, n).tolist()),
    ):
        found[name] += cells
    return found


RATINGS = np.array(taste_log()["rating"], float)
TIMES = np.array(taste_log()["time"])
EVERY_TENTH = np.arange(N) % 10 == 0
LOGS = {
    "negative ratings": log(rating=(RATINGS - 4).tolist()),
    "ratings that are no numbers": log(rating=np.where(EVERY_TENTH, np.nan, RATINGS)),
    "infinite ratings": log(rating=np.where(EVERY_TENTH, np.inf, np.where(RATINGS < 2, -np.inf, RATINGS))),
    "no rating at all": log(rating=[None] * N),
    "huge ratings": log(rating=np.where(EVERY_TENTH, 1.7e308, -1.7e308)),
    "tiny ratings": log(rating=np.where(EVERY_TENTH, 5e-324, 1e-310)),
    "huge counts": log(rating=np.where(EVERY_TENTH, 1e300, np.floor(RATINGS))),
    "ratings that are truths": log(rating=[bool(one > 3) for one in RATINGS]),
    "times in mixed units": log(time=np.where(EVERY_TENTH, TIMES * 1000, TIMES)),
    "times in many units": log(time=[int(t) * 1000 ** (n % 4) for n, t in enumerate(TIMES)]),
    "no time in some rows": log(time=[None if n % 10 == 0 else int(t) for n, t in enumerate(TIMES)]),
    "no time at all": log(time=[None] * N),
    "times before 1970": log(time=(TIMES - 4 * 10**9).tolist()),
    "times beyond all calendars": log(time=TIMES * 1e280),
    "one instant": log(time=[10**9] * N),
    "every row three times": {name: cells * 3 for name, cells in taste_log().items()},
    "a user with many events": many(),
    "missing users and items": log(
        user=[None if n % 7 == 0 else cell for n, cell in enumerate(taste_log()["user"])],
        item=["" if n % 11 == 0 else cell for n, cell in enumerate(taste_log()["item"])],
    ),
    "odd names": named(
        "a\x1fb", "two\nlines", "\r", "\N{GRINNING FACE}", "007", "7", "7.0", "1e5", " spaces ", "x" * 10_000,
        "\x01", "\x00", "\ud800", 'quo"te', "com,ma", "nan", "null", "None", "e\u0301", "\u00e9", "\u200b",
        "=1+1", "<b>", "-1", "\u202egnp", "\ufeff",
    ),
    "whole numbers and doubles": log(
        user=[int(cell.split()[1]) for cell in taste_log()["user"]],
        item=[float(cell.split()[1]) for cell in taste_log()["item"]],
    ),
    "numbers beyond doubles": log(
        user=[2**53 + int(cell.split()[1]) for cell in taste_log()["user"]],
        item=[2**64 + int(cell.split()[1]) for cell in taste_log()["item"]],
    ),
    "lists for names": log(user=[cell.split() for cell in taste_log()["user"]]),
}  # fmt: skip


def trained(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "On the sealed test")
        return mw.train(data, kind="recommendation", max_trials=3, **options)


@pytest.mark.parametrize("name", LOGS)
def test_an_odd_log_gives_a_sound_model(name, tmp_path):
    model = trained(LOGS[name])
    model.save(tmp_path / "a.mlw")
    mw.predict(mw.load(tmp_path / "a.mlw"), None, tmp_path / "loaded.parquet", top=3)
    mw.predict(model, None, tmp_path / "here.parquet", top=3)
    found = pl.read_parquet(tmp_path / "here.parquet")
    assert found.equals(pl.read_parquet(tmp_path / "loaded.parquet"))
    assert len(found) > 100
    assert found["score"].is_finite().all()
    assert found.null_count().sum_horizontal().item() == 0
    evidence = model.evidence
    assert all(np.isfinite(one["value"]) for one in evidence["test"].values())


def test_odd_names_stay_themselves(tmp_path):
    model = trained(LOGS["odd names"])
    names = set(model.classes_)
    assert {"a b", "two\nlines", "007", "7", "1e5", "spaces", "x" * 10_000, "\N{GRINNING FACE}"} <= names
    assert {"e\u0301", "\u00e9"} <= names, "different letters, however alike they look"
    assert names.isdisjoint({"", "\x01", "\r", "7.0"})
    mw.predict(model, None, tmp_path / "a.csv", top=2)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["item"] for row in rows} <= names
    assert "two\nlines" in {row["user"] for row in rows}
    history = {"user": ["n"] * 3, "item": ["007", "two\nlines", "a\x1fb"]}
    mw.predict(model, history, tmp_path / "b.parquet", top=40, filter=None)
    assert not {"007", "two\nlines", "a b"} & set(pl.read_parquet(tmp_path / "b.parquet")["item"])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"user": ["a"] * 9, "item": list("abcdefghi")}, "one user only"),
        ({"user": list("abcdefghi"), "item": ["a"] * 9}, "one item only"),
        ({"user": [None] * 9, "item": list("abcdefghi")}, "both a user and an item"),
        ({"user": list("aab"), "item": list("xyz")}, "3 events or more"),
        ({"user": [], "item": []}, "no rows"),
        ({"user": ["\x1f", "\x1f"], "item": ["a", "b"]}, "both a user and an item"),
    ],
)
def test_what_nothing_can_be_made_of_is_refused(data, says):
    with pytest.raises(MlwrightError, match=says):
        trained(data)


def test_a_file_to_judge_by_that_names_other_items_is_refused(model):
    other = {"user": ["user 1", "x"] * 5, "item": [f"thing {n}" for n in range(10)], "rating": [5] * 10,
             "time": [1_100_000_000] * 10}  # fmt: skip
    with pytest.raises(MlwrightError, match=r"such as 'thing 0', is one that was learned from"):
        trained(log(), test=other)
    with pytest.raises(MlwrightError, match=r"such as 'thing 0', is one that was learned from"):
        mw.evaluate(model, other)


def test_items_of_the_table_alone_may_judge():
    new = {"item": ["item 1", *(f"new {n}" for n in range(9))], "kind": ["a", "b"] * 5}
    later = {"user": ["user 1", "user 2"] * 4, "item": [f"new {n}" for n in range(8)], "rating": [5] * 8,
             "time": [1_100_000_000] * 8}  # fmt: skip
    assert trained(log(), items=new, test=later).evidence["ranking"]["beside"]["n_relevant_new_items"] == 8


def test_a_memory_limit_is_kept_or_named():
    with pytest.raises(OutOfMemoryError, match=r"the limit is 1 MB. Raise --memory-limit"):
        trained(log(), memory_limit="1MB")
    assert trained(log(), memory_limit="64GB").evidence["budget"]["memory_limit_bytes"] == 64_000_000_000


ITEMS = [f"item {n}" for n in range(40)]


def test_of_an_item_that_the_table_has_twice_the_last_row_holds(tmp_path):
    model = trained(log(), items={"item": ITEMS + ITEMS, "kind": ["old"] * 40 + ["new"] * 40})
    mw.predict(model, None, tmp_path / "a.parquet", filter="kind=old")
    assert pl.read_parquet(tmp_path / "a.parquet").is_empty()


def test_a_table_of_very_many_columns_is_read(tmp_path):
    table = {
        "item": ITEMS,
        **{f"c{n}": [str(n % 7 if m % 3 else m) for m in range(40)] for n in range(10_000)},
    }
    model = trained(log(), items=table)
    mw.predict(model, None, tmp_path / "a.parquet", filter="c9999=3")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"kind": ["a", "b"], "size": [1, 2]}, "item"),
        ({"item": ["none", "such"]}, "name items alike"),
        ({"item": [None, ""], "kind": ["a", "b"]}, "name items alike"),
        ({"item": [], "kind": []}, "name items alike"),
    ],
)
def test_a_table_that_names_no_item_is_refused(table, says):
    with pytest.raises(MlwrightError, match=says):
        trained(log(), items=table)


@pytest.fixture(scope="module")
def model():
    return trained(log(), items={"item": ITEMS, "kind": [["a|b", "b", "", None][n % 4] for n in range(40)]})


@pytest.mark.parametrize(
    "wanted",
    ["", " ", "=", "kind", "kind=", "=a", "!=a", "kind!", "and", "and kind=a", "nothing=a",
     "kind=a and nothing=b", "k\x1fd=a", "\ud800=a", "kind a", "and and and"],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_refused(model, wanted, tmp_path):
    with pytest.raises(MlwrightError):
        mw.predict(model, None, tmp_path / "a.parquet", filter=wanted)
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize(
    "wanted",
    ["kind=a", "kind==a", "kind=A and kind!=b", "kind=" + "x" * 100_000, "kind=a=b", "kind!=!=a",
     "kind=\ud800", "kind=rock and roll", " kind = a ", "kind=a and " * 500 + "kind=a", "kind=a and",
     "kind=a and and"],
)  # fmt: skip
def test_an_odd_filter_is_answered(model, wanted, tmp_path):
    mw.predict(model, None, tmp_path / "a.parquet", filter=wanted)
    assert (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize(
    "wishes", [{"top": 0}, {"top": "5"}, {"top": 2.5}, {"top": True}, {"allow_seen": "no"}, {"filter": 5}]
)
def test_a_wish_of_another_type_is_refused(model, wishes, tmp_path):
    with pytest.raises(UsageError, match=next(iter(wishes)).replace("_", "-")):
        mw.predict(model, None, tmp_path / "a.parquet", **wishes)
    assert not (tmp_path / "a.parquet").exists()


def test_what_is_about_rows_is_refused_by_name(model):
    row = {"history": "item 1", "strengths": "1", "hidden": ""}
    for ask in (model.explain, model.decide, model.predict_set, model.predict_interval):
        with pytest.raises(UsageError, match="questions about rows; this model ranks 'item'"):
            ask(row)
    with pytest.raises(UsageError, match="--baseline means nothing"):
        trained(log(), baseline=model)


def test_the_command_says_how_many_users_judged(model, tmp_path):
    model.save(tmp_path / "m.mlw")
    log_place = tmp_path / "later.csv"
    pl.DataFrame(taste_log(seed=3)).with_columns("n" + pl.col("user")).write_csv(log_place)
    done = CliRunner().invoke(cli, ["evaluate", str(tmp_path / "m.mlw"), str(log_place)])
    assert (done.exit_code, " users\n" in done.stdout) == (0, True)


@pytest.mark.parametrize("top", [10**6, 2**70])
def test_more_than_there_is_may_be_asked_for(model, top, tmp_path):
    mw.predict(model, None, tmp_path / "a.parquet", top=top)
    assert pl.read_parquet(tmp_path / "a.parquet")["rank"].max() == 28


@pytest.mark.parametrize(
    "asked",
    [
        {"user": ["user 1", "nobody", None, "user 1", ""]},
        {"user": ["n"], "item": ["never seen"]},
        {"user": ["n", "n"], "item": [None, "item 1"]},
        {"user": ["n"] * 3, "item": ["item 1"] * 3, "rating": [float("nan"), 1e308, -5]},
        {"user": ["n"], "item": ["item 1"], "time": ["soon"]},
        {"user": ["n"] * 5_000, "item": [f"item {n}" for n in range(5_000)]},
        {"user": [1.0, True], "item": ["item 1", 2**70]},
        {"item": ["item 1"]},
        {"user": []},
        {"user": [None]},
        {},
        [],
        {"user": ["a"], "item": [["item 1"]]},
    ],
)
def test_odd_questions_are_answered_or_refused(model, asked, tmp_path):
    try:
        mw.predict(model, asked, tmp_path / "a.parquet")
    except MlwrightError:
        assert not (tmp_path / "a.parquet").exists()
    else:
        found = pl.read_parquet(tmp_path / "a.parquet")
        assert found["score"].is_finite().all()
        assert len(found) or len(asked["user"]) == 5_000, "who took everything is offered nothing"


@pytest.mark.parametrize(
    "later",
    [log(rating=[float("nan")] * N), log(time=[None] * N), {"user": ["user 1"], "item": ["never seen"]},
     {"user": ["new"] * 3, "item": ITEMS[:3]}, {"user": ["user 1"], "item": [None]}],
)  # fmt: skip
def test_odd_logs_evaluate_it_or_are_refused(model, later):
    try:
        found = mw.evaluate(model, later)
    except MlwrightError:
        return
    assert all(np.isfinite(one["value"]) for one in found["metrics"].values())
