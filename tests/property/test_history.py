"""No row is told anything of its own outcome, of later rows, or of what was not yet known."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.core.history import MOST_COUNTED, STATISTICS
from mlwright.data.ledger import Ledger

fixed = settings(max_examples=150, deadline=None, derandomize=True, database=None)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "", "zoë"]),
        st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, np.nan]),
        NUMBERS | st.just(np.nan),
    ),
    min_size=1,
    max_size=40,
)


def columns(events):
    names, times, values = zip(*events, strict=True)
    return np.array(names, dtype=object), np.array(times), np.array(values, dtype=np.float64)


@fixed
@given(EVENTS, st.data())
def test_later_outcomes_and_the_own_one_change_nothing(events, data):
    names, times, values = columns(events)
    row = data.draw(st.integers(0, len(events) - 1))
    delay = data.draw(st.sampled_from([0.0, 1.0]))
    before = Ledger.of(names, times, values).as_of(names, times, 1.0, delay)[row]
    is_unknown = ~(times < times[row] - delay)  # the row itself, others of its moment, later ones
    other_names, other_values = names.copy(), values.copy()
    other_values[is_unknown] = data.draw(NUMBERS)
    other_names[is_unknown] = data.draw(st.sampled_from(["ann", "bob", "new"]))
    after = Ledger.of(other_names, times, other_values)
    np.testing.assert_array_equal(after.as_of(names, times, 1.0, delay)[row], before)


@fixed
@given(EVENTS)
def test_rows_that_come_later_can_be_left_out(events):
    names, times, values = columns(events)
    whole = Ledger.of(names, times, values).as_of(names, times)
    for moment in np.unique(times[~np.isnan(times)]):
        past, now = times < moment, times == moment
        alone = Ledger.of(names[past], times[past], values[past]).as_of(names[now], times[now])
        np.testing.assert_array_equal(alone, whole[now])


@fixed
@given(EVENTS, st.sampled_from([0.0, 0.5, 2.0]))
def test_statistics_are_what_a_loop_over_earlier_rows_finds(events, delay):
    names, times, values = columns(events)
    found = Ledger.of(names, times, values).as_of(names, times, 2.0, delay)
    for row, (name, time, _) in enumerate(events):
        earlier = [
            (at, value)
            for who, at, value in events
            if who == name != "" and at < time - delay and not np.isnan(value)
        ]
        earlier.sort()
        told = dict(zip(STATISTICS, found[row], strict=True))
        assert told["count"] == min(len(earlier), MOST_COUNTED)
        if not earlier:
            assert np.isnan([value for name, value in told.items() if name != "count"]).all()
            continue
        assert told["last"] == earlier[-1][1]
        assert told["gap"] == (time - earlier[-1][0]) / 2.0
        for statistic, window in (("mean_5", 5), ("mean_20", 20), ("mean", len(earlier))):
            wanted = np.mean([value for _, value in earlier[-window:]])
            np.testing.assert_allclose(told[statistic], wanted, rtol=1e-9, atol=1e-6)


def test_the_latest_is_what_a_row_after_all_others_is_told():
    rng = np.random.default_rng(0)
    names = np.array([f"user {n}" for n in rng.integers(0, 30, 500)], dtype=object)
    times, values = rng.random(500), rng.normal(size=500)
    ledger = Ledger.of(names, times, values)
    told = ledger.as_of(ledger.names.astype(object), np.full(len(ledger.names), 2.0))
    latest = ledger.latest()
    assert np.isnan(latest[:, 1]).all()  # there is no row to measure the gap to
    np.testing.assert_array_equal(np.delete(latest, 1, axis=1), np.delete(told, 1, axis=1))


def test_nothing_is_known_without_events():
    ledger = Ledger.of(np.array([], dtype=object), np.array([]), np.array([]))
    told = ledger.as_of(np.array(["ann", ""], dtype=object), np.array([1.0, np.nan]))
    assert told[:, 0].tolist() == [0.0, 0.0]
    assert np.isnan(told[:, 1:]).all()
    assert ledger.latest().shape == (0, len(STATISTICS))
