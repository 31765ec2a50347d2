"""Which columns tell apart the rows of one moment."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.data.series import are_long, series_columns, series_numbers


def panel(n_moments=50, states=8, trades=12):
    """Return times and columns of rows, one for each moment, state and trade, in no order."""
    rng = np.random.default_rng(0)
    cells = rng.permutation(n_moments * states * trades)
    moment, kind = np.divmod(cells, states * trades)
    state, trade = np.divmod(kind, trades)
    columns = {
        "receipt": rng.integers(0, 5000, len(cells)).astype(np.float64),
        "state": np.array([f"s{one}" for one in state], dtype=object),
        "clerk": np.array([f"c{one}" for one in rng.integers(0, 30, len(cells))], dtype=object),
        "trade": np.array([f"t{one}" for one in trade], dtype=object),
        "month": (moment % 12).astype(np.float64),
    }
    return moment.astype(np.float64), columns


def test_the_columns_that_last_tell_rows_apart():
    times, columns = panel()
    assert series_columns(columns, times) == ("state", "trade")


def test_one_column_that_is_enough_alone_is_taken_alone():
    times, columns = panel()
    code = [f"{one}-{other}" for one, other in zip(columns["state"], columns["trade"], strict=True)]
    columns["code"] = np.array(code, dtype=object)
    assert series_columns(columns, times) == ("code",)


def test_numbers_name_series_too():
    times, columns = panel()
    columns["state"] = np.unique(columns["state"], return_inverse=True)[1].astype(np.float64)
    assert series_columns(columns, times) == ("state", "trade")


def test_rows_that_are_missing_here_and_there_change_nothing():
    times, columns = panel()
    keep = np.random.default_rng(1).random(len(times)) > 0.1
    some = {name: cells[keep] for name, cells in columns.items()}
    assert series_columns(some, times[keep]) == ("state", "trade")


def test_times_that_are_alone_make_one_series():
    assert series_columns({"a": np.zeros(100)}, np.arange(100.0)) == ()
    twice = np.concatenate([np.arange(97.0), [5.0, 6.0, 7.0]])
    assert series_columns({}, twice) == ()


@pytest.mark.parametrize("names", [(), ("receipt", "clerk", "month"), ("state",)])
def test_receipts_are_no_series(names):
    times, columns = panel()
    assert series_columns({name: columns[name] for name in names}, times) is None


def test_one_moment_has_no_next():
    assert series_columns({"a": np.arange(50.0)}, np.zeros(50)) is None


def test_rows_of_one_series_have_one_number():
    columns = {"a": np.array(["x", "y", "x", "x"], dtype=object), "b": np.array([1.0, 1.0, 1.0, np.nan])}
    one, other, again, missing = series_numbers(columns, ("a", "b"), 4).tolist()
    assert one == again
    assert len({one, other, missing}) == 3
    assert series_numbers(columns, (), 4).tolist() == [0, 0, 0, 0]


def test_series_of_a_few_rows_are_a_coincidence():
    assert are_long(np.repeat([0, 1], 5))
    assert not are_long(np.arange(10) // 2)
