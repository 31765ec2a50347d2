"""What goes up and what goes down with time."""

import numpy as np
import pytest

from mlwright.insight.trends import find_trends

DAY_S = 86_400.0


def events(n=6_000, seed=0):
    rng = np.random.default_rng(seed)
    share = np.sort(rng.random(n))
    times = 1.6e9 + share * 300 * DAY_S
    things = np.where(rng.random(n) < 0.1 + 0.5 * share, 0, rng.integers(1, 3, n))
    return times, things


def test_what_rises_is_told_and_what_stays_is_not():
    times, things = events()
    found = find_trends(times, np.where(things == 2, -1, things), ["rising", "falling"])
    assert found["period"] == "month"
    assert len(found["periods"]) == len(found["n_events"]) == len(found["things"][0]["shares"])
    assert [thing["direction"] for thing in found["things"]] == ["rising", "falling"]
    rng = np.random.default_rng(1)
    still = find_trends(times, rng.integers(0, 5, len(times)), list("abcde"))
    assert {thing["direction"] for thing in still["things"]} == {"steady"}


def test_periods_are_as_long_as_needed():
    for days, unit in (
        (1, "hour"),
        (20, "day"),
        (200, "week"),
        (900, "month"),
        (3_000, "quarter"),
        (9_000, "year"),
    ):
        times = 1.0e9 + np.linspace(0, days, 2_000) * DAY_S
        found = find_trends(times, np.zeros(2_000, np.int64), ["all"])
        assert found["period"] == unit
        assert sum(found["n_events"]) <= 2_000


def test_no_time_no_trend():
    assert find_trends(np.full(50, np.nan), np.zeros(50, np.int64), ["all"]) is None
    assert find_trends(np.full(50, 1.6e9), np.zeros(50, np.int64), ["all"]) is None


WEEK_S = 7 * DAY_S
THURSDAY_S = 2_000 * WEEK_S
"""Weeks since 1970 begin on Thursdays."""


def bursts(shares, n_each=500, seed=0):
    """Return events of as many weeks as there are shares, nine weeks apart, so that few periods have any."""
    rng = np.random.default_rng(seed)
    times = [THURSDAY_S + 9 * i * WEEK_S + rng.uniform(0, WEEK_S, n_each) for i in range(len(shares))]
    things = [np.where(rng.random(n_each) < share, 0, -1) for share in shares]
    return np.concatenate(times), np.concatenate(things)


def direction(shares, seed=0):
    return find_trends(*bursts(shares, seed=seed), ["it"])["things"][0]["direction"]


@pytest.mark.parametrize("n_weeks", [2, 3, 4])
def test_few_periods_that_scatter_are_no_trend(n_weeks):
    rng = np.random.default_rng(n_weeks)
    told = [direction(0.3 + 0.08 * rng.standard_normal(n_weeks), seed) for seed in range(100)]
    assert told.count("steady") >= 97


def test_few_periods_that_go_straight_up_are_one():
    assert direction([0.1, 0.3, 0.5, 0.7]) == "rising"
    assert direction([0.1, 0.7]) == "steady"  # two periods do not tell how much they scatter
