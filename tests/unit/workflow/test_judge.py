"""Judging: how columns are put in order before they are shuffled one by one."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlwright.core.prediction import Prediction
from mlwright.workflow.doubts import below_zero, level_moved
from mlwright.workflow.judge import _by_effect

if TYPE_CHECKING:
    from mlwright.core.arrays import Columns

N_WIDE = 600


@dataclass
class Weighted:
    """Stands for a program: the k-th column counts k times."""

    columns: list[str]

    def run(self, columns: Columns) -> Any:
        total = sum(number * columns[name] for number, name in enumerate(self.columns))
        return SimpleNamespace(scores=np.asarray(total)[:, None])


def wide(n_columns: int) -> tuple[Any, Columns]:
    cells = np.random.default_rng(0).random(200)
    names = [f"c{number}" for number in range(n_columns)]
    return SimpleNamespace(program=Weighted(names)), dict.fromkeys(names, cells)


def order_of(n_columns: int, n_blocks: int = 99) -> list[str]:
    built, columns = wide(n_columns)
    clock = iter([True] * n_blocks + [False] * 99)
    return _by_effect(built, columns, np.random.default_rng(1), lambda: next(clock))


def test_what_moves_the_answers_most_comes_first() -> None:
    assert order_of(N_WIDE) == [f"c{number}" for number in reversed(range(N_WIDE))]


def test_columns_that_time_does_not_reach_come_last() -> None:
    found = order_of(N_WIDE, n_blocks=1)
    n_reached = int(found[0][1:]) + 1
    assert 0 < n_reached < N_WIDE
    assert found[:n_reached] == [f"c{number}" for number in reversed(range(n_reached))]
    assert found[n_reached:] == [f"c{number}" for number in range(n_reached, N_WIDE)]


def test_without_time_nothing_is_looked_at() -> None:
    assert order_of(5, n_blocks=0) == [f"c{number}" for number in range(5)]


def test_memory_does_not_grow_with_the_square_of_the_columns() -> None:
    built, columns = wide(N_WIDE)
    tracemalloc.start()
    try:
        _by_effect(built, columns, np.random.default_rng(1), lambda: True)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 60e6  # all at once: 600 x 50 rows of 600 columns, 144 MB


def test_answers_below_zero_are_told_where_no_value_is() -> None:
    known = SimpleNamespace(target=np.array([0.0, 3.0]))
    prepared: Any = SimpleNamespace(task=SimpleNamespace(classes=(), target="price"), train=known)
    some = Prediction(np.array([[-1.5], [2.0], [0.0], [-0.25]]))
    (one,) = below_zero(prepared, some)
    assert str(one.message).startswith("2 of 4 answers on the sealed test are below 0, the lowest -1.5")
    assert below_zero(prepared, Prediction(np.array([[0.0], [2.0]]))) == []
    known.target = np.array([-0.1, 3.0])
    assert below_zero(prepared, some) == [], "values are below zero, too"


@pytest.mark.parametrize(
    ("mean", "r2", "says"),
    [
        (2.9, (-10.6, -14.8, -6.4), "lies 2.9 above the answers"),
        (-2.9, (-10.6, -14.8, -6.4), "lies 2.9 below the answers"),
        (2.9, (-0.2, -0.5, 0.1), None),  # may be chance
        (0.1, (-0.4, -0.5, -0.3), None),  # wrong, but in both directions
        (2.9, (None, None, None), None),
    ],
)
def test_answers_that_a_moved_level_left_behind_are_told(mean, r2, says) -> None:
    task: Any = SimpleNamespace(classes=(), target="retweets")
    fit = dict(zip(("value", "low", "high"), r2, strict=True))
    scores: dict[str, Any] = {"test": {"r2": fit, "rmse": {"value": 3.0}}, "residuals": {"mean": mean}}
    found = level_moved(task, scores)
    assert [one.severity for one in found] == (["error"] if says else [])
    assert all(says in str(one.message) for one in found)
    task.classes = ("no", "yes")
    assert level_moved(task, {**scores, "residuals": None}) == []
