"""Slowdown: how busy the machine is, seen from phases that only compute."""

import time

import pytest

from mlwright.core.budget import Budget


def compute(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_waiting_counts_only_where_nothing_is_to_be_waited_for():
    budget = Budget(time_limit_s=60.0)
    with budget.phase("search"):
        time.sleep(0.2)
    assert budget.slowdown == 1.0
    with budget.phase("features", is_busy=True):
        compute(0.15)
        time.sleep(0.45)
    assert 2.0 < budget.slowdown <= 4.0
    assert [name for name, _ in budget.ledger] == ["search", "features"]


def test_a_moment_says_nothing():
    budget = Budget(time_limit_s=60.0)
    with budget.phase("features", is_busy=True):
        time.sleep(0.05)
    assert budget.slowdown == 1.0


def test_it_has_a_limit():
    budget = Budget()
    with budget.phase("features", is_busy=True):
        compute(0.11)
        time.sleep(0.8)
    assert budget.slowdown == pytest.approx(4.0)
