"""Tables of events: topics, segments and trends together, and what cannot be one."""

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.cli.events import show_events
from mlwright.core.errors import DataError, MissingColumnError, UnknownNameError, UsageError
from mlwright.workflow.events import describe_events

SUBJECTS = [
    words.split()
    for words in (
        "rose tulip soil shovel seed lawn hedge compost water bloom petal greenhouse",
        "oven pasta garlic recipe butter knife simmer dough pepper sauce roast flour",
        "boat anchor sailor harbor tide captain mast rope lighthouse cargo dock ferry",
        "invoice deadline printer manager spreadsheet budget desk contract payroll audit memo meeting",
    )
]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    users = rng.integers(0, 120, 2_000)
    subjects = np.where(rng.random(2_000) < 0.85, users % 4, rng.integers(0, 4, 2_000))
    start = datetime(2024, 1, 1)  # noqa: DTZ001 - as tables hold them
    return pl.DataFrame(
        {
            "who": [f"u{user}" for user in users],
            "post": [
                f"p{subject}-{number}"
                for subject, number in zip(subjects, rng.integers(0, 9, 2_000), strict=True)
            ],
            "words": [" ".join(rng.choice(SUBJECTS[subject], 5)) for subject in subjects],
            "seen": [start + timedelta(hours=float(hour)) for hour in np.sort(rng.random(2_000)) * 3_000],
        }
    )


def test_everything_is_told_as_json_and_on_the_terminal(rows, capsys):
    found = describe_events(rows, user="who", item="post", text="words", time="seen")
    json.dumps(found, allow_nan=False)
    assert len(found["topics"]["topics"]) == 4
    assert len(found["segments"]["segments"]) == 4
    largest = [max(share or 0.0 for share in row) for row in found["who_with_what"]["shares"]]
    assert min(largest) > 0.7
    assert found["users"]["n"] == 120
    assert found["items"]["most"][0]["name"].startswith("p")
    assert "most" not in found["users"]  # users are not named
    show_events(found)
    shown = capsys.readouterr().out
    assert "segment of users" in shown
    assert "120 users" in shown


def test_items_alone_make_segments_too(rows):
    found = describe_events(rows, user="who", item="post")
    assert found["topics"] is None
    assert found["segments"]["is_stable"]
    assert found["who_with_what"] is None


@pytest.mark.parametrize("n_each", [1, 10**3, 10**6, 10**9])
def test_numbers_since_1970_tell_the_time_in_any_unit(rows, n_each):
    numbers = rows.with_columns(pl.col("seen").dt.epoch("us") // 10**6 * n_each)
    assert (
        describe_events(numbers, item="post", time="seen")["trends"]
        == describe_events(rows, item="post", time="seen")["trends"]
    )


def test_what_fewer_than_20_users_have_to_do_with_is_not_named(rows):
    """However often they do it; nobody knows where the users are not told."""
    few = pl.DataFrame({"who": ["u1"] * 900, "post": ["u1 at home"] * 900, "seen": [rows["seen"][0]] * 900})
    both = pl.concat([rows.drop("words"), few])
    found = describe_events(both, user="who", item="post", time="seen")
    assert found["items"]["n"] == rows["post"].n_unique() + 1
    assert "at home" not in json.dumps(found)
    assert describe_events(both, item="post", time="seen")["items"]["most"][0]["name"] == "u1 at home"
    alone = describe_events(few, user="who", item="post", time="seen")
    assert (alone["items"]["most"], alone["trends"]) == ([], None)


@pytest.mark.parametrize("empty", ["who", "post", "words", "seen"])
def test_a_column_without_a_cell_tells_nothing(rows, empty):
    gone = rows.with_columns(pl.lit(None, dtype=rows[empty].dtype).alias(empty))
    found = describe_events(gone, user="who", item="post", text="words", time="seen")
    told = {"who": "users", "post": "items", "words": "topics", "seen": "trends"}
    assert found[told[empty]] is None
    show_events(found)


def test_empty_cells_are_nobody(rows):
    is_gap = pl.int_range(len(rows)) % 10 == 0
    gaps = rows.with_columns(pl.when(is_gap).then(None).otherwise(pl.col("who")).alias("who"))
    found = describe_events(gaps, user="who", text="words")
    assert found["n_events"] == 2_000
    assert found["users"]["n"] <= 120


@pytest.mark.parametrize(
    ("roles", "error", "said"),
    [
        ({}, UsageError, "--user"),
        ({"time": "seen"}, UsageError, "--user"),
        ({"user": "nobody"}, MissingColumnError, "nobody"),
        ({"user": "who", "item": "who"}, UsageError, "two of"),
        ({"user": "who", "time": "words"}, DataError, "words"),
    ],
)
def test_what_is_no_table_of_events_is_refused(rows, roles, error, said):
    with pytest.raises(error, match=said):
        describe_events(rows, **roles)


def test_profile_tells_of_events_where_their_columns_are_named():
    rows = {"who": ["a", "b"] * 30, "what": ["x", "y", "z"] * 20}
    found = mw.profile(rows, user="who", item="what")
    assert found["events"]["n_events"] == 60
    assert mw.profile(rows)["events"] is None
    with pytest.raises(UnknownNameError, match="No role is called 'whom'"):
        mw.profile(rows, whom="who")
