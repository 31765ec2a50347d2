"""The arithmetic of the comparison, on numbers small enough to check by hand."""

import pytest
from standing import (
    best_member,
    complete,
    error_of,
    mean_interval,
    normalized,
    outcome,
    ranks,
    ranks_of,
    relative_difference,
    stand_in,
    wins_of,
)


def test_ties_share_their_places_and_crashes_come_last():
    assert ranks({"a": 0.9, "b": 0.9, "c": 0.8, "d": None}) == {"a": 1.5, "b": 1.5, "c": 3, "d": 4}
    assert ranks({"a": 0.9, "b": None, "c": None}) == {"a": 1, "b": 2.5, "c": 2.5}
    assert ranks({"a": -2e4, "b": -2e4 - 1e-9}) == {"a": 1.5, "b": 1.5}


@pytest.mark.parametrize(
    ("ours", "theirs", "won"),
    [
        (0.9, 0.8, 1),
        (0.8, 0.9, 0),
        (0.9, 0.9 + 1e-12, 0.5),
        (0.1, None, 1),
        (None, 0.1, 0),
        (None, None, 0.5),
    ],
)
def test_a_tie_is_half_a_win_and_a_crash_loses(ours, theirs, won):
    assert outcome(ours, theirs) == won


def test_zero_is_the_plain_model_and_one_is_the_best():
    scaled = normalized({"plain": 0.8, "best": 0.9, "half": 0.85, "bad": 0.1, "dead": None}, "plain")
    assert scaled == pytest.approx({"plain": 0, "best": 1, "half": 0.5, "bad": -1, "dead": -1})


def test_where_the_plain_model_is_best_everybody_else_loses():
    assert normalized({"plain": 0.9, "same": 0.9, "less": 0.89}, "plain") == {
        "plain": 0,
        "same": 0,
        "less": -1,
    }
    assert normalized({"plain": None, "a": 0.9}, "plain") is None
    assert normalized({"a": 0.9}, "plain") is None


def test_only_rounds_of_everybody_are_compared():
    rounds = {("t", 0): {"a": 1.0, "b": 2.0, "c": 0.0}, ("u", 0): {"a": 1.0}}
    assert complete(rounds, ["a", "b"]) == {("t", 0): {"a": 1.0, "b": 2.0}}


def test_tables_count_the_same_however_many_seeds_they_had():
    rounds = {("t", seed): {"a": 2.0, "b": 1.0} for seed in range(3)} | {("u", 0): {"a": 1.0, "b": 2.0}}
    assert wins_of(rounds, "a", "b") == {"t": 1, "u": 0}
    assert ranks_of(rounds, "b") == {"t": 2, "u": 1}


def test_the_interval_draws_tables():
    sure, unsure = mean_interval([0.5, 0.5, 0.5]), mean_interval([0.0, 1.0] * 8)
    assert (sure.low, sure.value, sure.high) == (0.5, 0.5, 0.5)
    assert unsure.value == 0.5
    assert unsure.low == pytest.approx(0.255, abs=0.07)  # 0.5 - 1.96 sqrt(0.25 / 16)
    assert unsure.high == pytest.approx(0.745, abs=0.07)


def test_a_group_stands_by_one_of_its_members_or_by_the_best_of_each_round():
    rounds = {
        ("t", 0): {"x": 0.5, "m1": 0.9, "m2": 0.8},
        ("u", 0): {"x": 0.5, "m1": 0.9, "m2": 0.8},
        ("v", 0): {"x": 0.5, "m1": None, "m2": 0.8},
    }
    assert best_member(rounds, ["m2", "m1"]) == "m1"
    assert [*stand_in(rounds, ["m1", "m2"], "m", "m1").values()][2] == {"x": 0.5, "m": None}
    assert [goodness["m"] for goodness in stand_in(rounds, ["m1", "m2"], "m").values()] == [0.9, 0.9, 0.8]


def test_a_difference_is_a_share_of_their_error():
    gap = relative_difference("roc_auc", (0.95, [0.95, 0.94, None]), (0.9, [0.9, 0.9, 0.9]))
    assert gap.value == pytest.approx(-0.5)
    assert -0.5 <= gap.low <= gap.high <= -0.4
    assert error_of("rmse", 3.0) == 3.0
