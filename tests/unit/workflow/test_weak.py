"""Where the model is weak: time that runs out while very many columns are divided."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlwright.core.schema import Column, Kind, Schema
from mlwright.workflow.weak import _promising

NAMES = [f"c{number}" for number in range(5)]


def rows() -> Any:
    columns = {name: np.arange(100.0) for name in NAMES}
    schema = Schema(tuple(Column(name=name, kind=Kind.NUMBER) for name in NAMES))
    return SimpleNamespace(schema=schema, train=SimpleNamespace(columns=columns, watched={}))


@pytest.mark.parametrize("n_reached", [0, 2, 5])
def test_columns_that_time_does_not_reach_are_left_out(n_reached: int) -> None:
    clock = iter([True] * n_reached + [False] * 9)
    search: Any = SimpleNamespace(finished=[])
    found = _promising(rows(), search, 0, lambda: next(clock))
    assert list(dict.fromkeys(one.columns[0] for one in found)) == NAMES[:n_reached]
