"""The budget: a time limit, or work units."""

import pytest

from mlwright.core.budget import Budget


@pytest.mark.parametrize(
    ("limits", "is_short"),
    [
        ({"time_limit_s": 10.0}, True),
        ({"time_limit_s": 20.0}, True),
        ({"time_limit_s": 60.0}, False),
        ({}, False),
        ({"max_trials": 1}, False),
        ({"time_limit_s": 10.0, "max_trials": 1}, False),
    ],
)
def test_a_run_is_short_by_its_limit_alone(limits, is_short):
    assert Budget(**limits).is_short == is_short
