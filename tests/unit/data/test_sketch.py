"""A sketch knows its rows again, and hardly any other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlwright.data.sketch import is_seen, share_of, sketch


def rows(n_rows, seed):
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(size=n_rows))
    return {"size": size, "area": rng.choice(["a", "ü", ""], n_rows).astype(object)}, rng.normal(size=n_rows)


@pytest.mark.parametrize("n_rows", [50, 1_999, 30_000])
def test_its_own_rows_are_all_known_and_no_others(n_rows):
    columns, target = rows(n_rows, 0)
    known = json.loads(json.dumps(sketch(columns, target)))
    assert known["n_rows"] == n_rows
    assert share_of(known, columns, target)[0] == 1.0
    assert share_of(known, *rows(n_rows, 1))[0] == 0.0


def test_neither_the_order_of_columns_nor_the_sign_of_zero_matters_but_every_cell_does():
    columns, target = rows(100, 0)
    columns["size"][0] = 0.0
    known = sketch(columns, target)
    turned = {"area": columns["area"], "size": columns["size"].copy()}
    turned["size"][0] = -0.0
    assert share_of(known, turned, target) == (1.0, 100)
    for name, cell in (("size", 77.0), ("area", "b")):
        other = {key: cells.copy() for key, cells in columns.items()}
        other[name][:] = cell
        assert share_of(known, other, target)[0] < 0.05
    assert share_of(known, columns, target + 1.0)[0] == 0.0


def test_a_mixture_is_measured_with_the_rows_that_tell():
    columns, target = rows(20_000, 0)
    other, truth = rows(20_000, 1)
    mixed = {name: np.concatenate([columns[name][:5_000], other[name]]) for name in columns}
    share, n_telling = share_of(sketch(columns, target), mixed, np.concatenate([target[:5_000], truth]))
    assert 1_500 < n_telling < 3_500
    assert share == pytest.approx(0.2, abs=0.04)


def test_a_share_that_is_usual_is_no_sign_of_learning():
    assert is_seen(0.5, 100, 0.0)
    assert not is_seen(0.5, 100, 0.45)
    assert not is_seen(1.0, 2, 0.0)
