"""Conditions divide a column: every row is in one part, and the rule says which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.core.schema import Column, Kind
from mlwright.evaluation.slices import Condition, Slice, conditions

NUMBER, WORD = Column(name="tenure", kind=Kind.NUMBER), Column(name="plan", kind=Kind.CATEGORY)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=60))
def test_every_number_is_in_exactly_one_part(cells):
    values = np.array(cells)
    parts = conditions(NUMBER, values)
    if len(np.unique(values[np.isfinite(values)])) > 1:
        assert sum(one.mask(values).astype(int) for one in parts).tolist() == [1] * len(values)


def test_quantiles_make_ranges_and_the_rule_is_exact():
    values = np.append(np.arange(1.0, 101.0) * 1.2345, np.nan)
    parts = conditions(NUMBER, values)
    rules = [one.rule for one in parts]
    assert rules == [
        "tenure <= 24.7", "24.7 < tenure <= 49.4", "49.4 < tenure <= 74.1", "74.1 < tenure <= 98.8",
        "tenure > 98.8", "tenure is missing",
    ]  # fmt: skip
    np.testing.assert_array_equal(parts[1].mask(values), (values > 24.7) & (values <= 49.4))
    assert [one.name for one in parts[:2]] == ["up to 24.7", "above 24.7 up to 49.4"]
    assert 15 <= parts[1].mask(values).sum() <= 25


def test_few_values_and_truths_are_levels():
    assert [one.rule for one in conditions(NUMBER, np.array([3.0, 1.0, 3.0]))] == ["tenure = 1", "tenure = 3"]
    truth = Column(name="is_new", kind=Kind.BOOLEAN)
    parts = conditions(truth, np.array([0.0, 1.0, np.nan]))
    assert [one.rule for one in parts] == ["is_new is false", "is_new is true", "is_new is missing"]
    assert [one.name for one in parts] == ["false", "true", "missing"]


def test_levels_come_by_frequency():
    cells = np.array(["b", "a", "b", "", "c", "c", "b", *(f"rare {n}" for n in range(20))], dtype=object)
    parts = conditions(WORD, cells)
    assert [one.rule for one in parts[:3]] == ["plan = 'b'", "plan = 'c'", "plan = 'a'"]
    assert len(parts) == 13
    assert parts[-1].rule == "plan is missing"
    assert parts[0].name == "b"
    assert parts[0].mask(cells).sum() == 3


def test_dates_are_cut_at_days():
    column = Column(name="since", kind=Kind.DATETIME)
    parts = conditions(column, np.arange(100) * 86_400.0 * 3 + 5_000)
    assert parts[0].rule == "since <= 1970-02-27"
    assert parts[-1].rule == "since > 1970-08-26"


def test_texts_are_not_divided():
    assert conditions(Column(name="note", kind=Kind.TEXT), np.array(["a b c"], dtype=object)) == []


def test_a_range_of_one_whole_number_is_that_number():
    agents = np.repeat([7.0, 8.0, 9.0, 10.0, 11.0, 14.0, 240.0], [10, 10, 40, 10, 10, 10, 10])
    found = conditions(Column(name="agent", kind=Kind.NUMBER, is_integer=True), agents)
    assert [one.rule for one in found][:2] == ["agent <= 8", "agent = 9"]
    assert sum(one.mask(agents).sum() for one in found) == len(agents)


def test_a_slice_of_two_conditions_holds_what_fulfills_both():
    one = Condition("plan", Kind.CATEGORY, "monthly")
    other = Condition("tenure", Kind.NUMBER, None, -np.inf, 6.0)
    both = Slice((one, other))
    assert both.rule == "plan = 'monthly' and tenure <= 6"
    assert both.columns == ("plan", "tenure")
    columns = {
        "plan": np.array(["monthly", "yearly", "monthly"], dtype=object), "tenure": np.array([6.0, 1.0, 6.1]),
    }  # fmt: skip
    assert both.mask(columns).tolist() == [True, False, False]


@pytest.mark.parametrize("column", [NUMBER, WORD])
def test_a_column_without_cells_has_no_levels(column):
    values = np.array([np.nan] * 3) if column is NUMBER else np.array([""] * 3, dtype=object)
    assert all("is missing" in one.rule for one in conditions(column, values))
