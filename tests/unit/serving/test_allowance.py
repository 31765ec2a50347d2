"""How often a key may ask: the same for one process and for several together."""

from __future__ import annotations

import sys
from multiprocessing import get_context

import pytest

from mlwright.serving import allowance
from mlwright.serving.allowance import Allowances

RATE = 4.0


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(allowance, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_bucket_begins_full_empties_and_fills_at_the_rate(clock, tmp_path, is_shared):
    found = Allowances(RATE, tmp_path if is_shared else None)
    assert [found.take("app") for _ in range(7)] == [True] * 4 + [False] * 3
    assert found.take("other")
    clock[0] += 0.5
    assert [found.take("app") for _ in range(3)] == [True, True, False]
    clock[0] += 3600.0
    assert sum(found.take("app") for _ in range(20)) == 4


def test_less_than_one_a_second_is_one_each_some_seconds(clock):
    found = Allowances(0.5)
    assert [found.take("app"), found.take("app")] == [True, False]
    clock[0] += 2.0
    assert [found.take("app"), found.take("app")] == [True, False]


def test_workers_share_what_a_key_may(clock, tmp_path):
    first, second = Allowances(RATE, tmp_path), Allowances(RATE, tmp_path)
    assert sum(one.take("app") for one in (first, second) * 10) == 4
    clock[0] += 0.25
    assert [first.take("app"), second.take("app")] == [True, False]
    assert Allowances(RATE, tmp_path).take("app") is False  # a worker that was started anew


def _count(folder):
    return sum(Allowances(100.0, folder).take("app") for _ in range(300))


@pytest.mark.skipif(sys.platform != "linux", reason="processes share a clock")
def test_processes_at_the_same_time_do_not_take_a_token_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(allowance, "monotonic", lambda: 1000.0)
    with get_context("fork").Pool(4) as pool:
        assert sum(pool.map(_count, [tmp_path] * 4)) == 100
    assert not [place for place in tmp_path.iterdir() if "app" in place.name]
