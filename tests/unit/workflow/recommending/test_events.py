from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.errors import DataError
from mlwright.data.read import read
from mlwright.workflow.recommending.columns import recognize
from mlwright.workflow.recommending.events import Scale, noticed, read_events


def events_of(told=(), **columns):
    raw = read(columns)
    events, _, findings = read_events(raw, recognize(raw.names, {role: role for role in told}, raw.source))
    return events, findings


def test_users_and_items_are_known_by_their_texts():
    events, findings = events_of(user=[1, 2.0, 1], item=["b", "a ", "a"])
    assert events.user_names == ["1", "2"]
    assert events.item_names == ["a", "b"]
    assert events.users.tolist() == [0, 1, 0]
    assert events.items.tolist() == [1, 0, 0]
    assert findings == []


def test_rows_without_user_or_item_are_left_out_and_that_is_said():
    events, findings = events_of(user=["a", None, "b"], item=["x", "y", ""])
    assert events.n_events == 1
    assert [finding.rule for finding in findings] == ["no_user_or_item"]
    assert findings[0].evidence == {"n": 2}


def test_a_log_without_any_pair_is_refused():
    with pytest.raises(DataError, match="both a user and an item"):
        events_of(user=["a", None], item=[None, "x"])


def test_times_in_milliseconds_are_read_as_seconds_and_a_mixture_is_said():
    _, findings = events_of(user=["a", "b"], item=["x", "y"], timestamp=[1.6e9, 1.6e12])
    assert [finding.rule for finding in findings] == ["mixed_times"]
    events, findings = events_of(user=["a", "b"], item=["x", "y"], timestamp=[1.6e12, 1.7e12])
    assert events.times.tolist() == [1.6e9, 1.7e9]
    assert findings == []


def test_ratings_that_are_no_numbers_are_refused_by_name():
    with pytest.raises(DataError, match="'rating' cannot rate"):
        events_of(["rating"], user=["a", "b", "c"], item=["x", "y", "z"], rating=["good", "bad", "so so"])
    days = np.array(["2024-05-01", "2024-05-02"], "datetime64[D]")
    with pytest.raises(DataError, match="'rating' cannot rate"):
        events_of(["rating"], user=["a", "b"], item=["x", "y"], rating=days)


def test_columns_that_are_only_called_like_ratings_or_times_are_left_aside():
    raw = read({"user": ["a", "b"], "item": ["x", "y"], "rating": ["good", "bad"], "day": ["Mon", "Tue"]})
    events, columns, findings = read_events(raw, recognize(raw.names, {}, ""))
    assert events.values is None
    assert events.times is None
    assert columns.named == {"user": "user", "item": "item"}
    assert [(one.rule, one.column) for one in findings] == [
        ("no_such_column", "rating"), ("no_such_column", "day")
    ]  # fmt: skip


def test_a_history_holds_each_item_once_and_the_latest_first():
    events, _ = events_of(
        user=["u"] * 4, item=["a", "b", "a", "c"], rating=[1, 2, 5, 3], timestamp=[10, 20, 30, 25]
    )
    scale = Scale.of(events.values)
    known = events.histories(scale)
    assert [events.item_names[item] for item in known.items] == ["a", "c", "b"]
    assert known.strengths[0] == 1.0  # the latest grade holds
    assert [
        finding.rule for finding in noticed(events, recognize(("user", "item"), {}, ""), allows_seen=True)
    ] == ["repeated_pairs"]


def test_of_equal_times_and_without_any_the_last_row_holds():
    for more in ({}, {"time": [5, 5]}):
        events, _ = events_of(user=["a", "a"], item=["x", "x"], rating=[1.0, 5.0], **more)
        scale = Scale("grades", 1.0, 5.0, 1.0)
        assert events.histories(scale).strengths.tolist() == [1.0]


def test_a_note_on_repeated_pairs_says_what_applies():
    for ratings, says in (([3.0, 4.0], "grade"), ([300.0, 4.0], "Counts"), (None, "")):
        columns = {"user": ["a", "a", "b"], "item": ["x", "x", "y"]}
        columns |= {} if ratings is None else {"rating": [*ratings, 1.0]}
        raw = read(columns)
        names = recognize(raw.names, {}, raw.source)
        (finding,) = noticed(read_events(raw, names)[0], names, allows_seen=True)
        assert says in finding.remedy
        assert bool(finding.remedy) == bool(says)


def test_counts_of_a_pair_add_up():
    events, _ = events_of(
        user=["u"] * 4 + ["v"], item=["a", "b", "a", "c", "c"], plays=[100, 150, 100, 900, 10]
    )
    scale = Scale.of(events.values)
    known = events.histories(scale)
    strength = dict(zip([events.item_names[item] for item in known.items[:3]], known.strengths, strict=False))
    assert scale.says == "counts"
    assert strength["a"] == np.float32(np.log1p(200) / np.log1p(900))


@pytest.mark.parametrize(
    ("values", "says", "liked"),
    [
        ([1, 2, 3, 4, 5], "grades", [False, False, False, True, True]),
        ([0.5, 2.5, 5.0], "grades", [False, False, True]),
        ([-10.0, 0.0, 9.0], "grades", [False, False, True]),
        ([1, 50, 5000], "counts", [True, True, True]),
        ([1, 1, 1], "nothing", [True, True, True]),
    ],
)
def test_what_ratings_say_shows_in_their_values(values, says, liked):
    given = np.array(values, dtype=np.float64)
    scale = Scale.of(given)
    strengths = scale.strengths(given, 3)
    assert scale.says == says
    assert scale.are_liked(given, 3).tolist() == liked
    assert ((strengths > 0) & (strengths <= 1)).all()
    assert (np.diff(strengths) >= 0).all()


def test_names_that_differ_by_capitals_spaces_or_zeros_alone_are_told():
    log = {"user": ["Ann", "ann", "a  b", "A b", "eve"], "item": ["7", "007", "8", "80", "08"]}
    events, _ = events_of(**log)
    users, items = noticed(events, recognize(list(log), {}, "log"), allows_seen=False)
    assert (users.rule, users.column, users.evidence) == ("nearly_equal_names", "user", {"n": 2})
    assert (items.column, items.evidence) == ("item", {"n": 2})
    assert len(events.user_names) == 5, "they are told apart"
    assert "ann" not in users.message.casefold(), "users are not named"
