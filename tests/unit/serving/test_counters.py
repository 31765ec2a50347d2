"""What was missing or new in rows is counted, whatever way the rows were read."""

from __future__ import annotations

import json

import numpy as np
import pytest

import mlwright as mw
from mlwright.serving.build import open_scorer
from mlwright.serving.counters import Counters
from mlwright.serving.settings import Settings

FEW, MANY = 3, 40
"""Rows that are read line by line, and by columns."""


def opened(place, **columns):
    size = np.linspace(-1, 1, 60)
    mw.train({**columns, "size": size, "price": size * 3}, "price", max_trials=1, refit="no").save(place)
    return open_scorer(place, Settings())


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("model") / "a.mlw", more=np.cos(np.arange(60.0)))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("model") / "a.mlw", color=["red", "blue"] * 30)


def counted(scorer, row, n_rows):
    counters = Counters(scorer, ["/predict"])
    rows = scorer.reader.rows(json.dumps([row] * n_rows).encode())
    counters.scored(rows, scorer.answer(rows))
    lines = [line for line in counters.text().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.parametrize("n_rows", [FEW, MANY])
def test_cells_without_a_value_are_counted_among_numbers(numbers, n_rows):
    found = counted(numbers, {"size": 0.5, "more": None}, n_rows)
    assert found['mlwright_missing_cells_total{column="more"}'] == n_rows
    assert found['mlwright_missing_cells_total{column="size"}'] == 0
    assert found["mlwright_rows_total"] == n_rows


def test_numbers_whose_sum_is_none_are_not_missing(numbers):
    found = counted(numbers, {"size": 1e308, "more": 1e308}, FEW)
    assert found['mlwright_missing_cells_total{column="more"}'] == 0
    assert found['mlwright_missing_cells_total{column="size"}'] == 0


@pytest.mark.parametrize("n_rows", [FEW, MANY])
def test_new_and_missing_texts_are_counted(mixed, n_rows):
    found = counted(mixed, {"size": 0.5, "color": "green"}, n_rows)
    assert found['mlwright_unseen_cells_total{column="color"}'] == n_rows
    found = counted(mixed, {"size": None, "color": None}, n_rows)
    assert found['mlwright_unseen_cells_total{column="color"}'] == 0
    assert found['mlwright_missing_cells_total{column="color"}'] == n_rows
    assert found['mlwright_missing_cells_total{column="size"}'] == n_rows
