"""Different texts, and how little memory they take where one of them is long."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from mlwright.data.distinct import distinct
from mlwright.data.ledger import Ledger
from mlwright.data.sketch import sketch

N_ROWS = 3_000


@pytest.mark.parametrize("cells", [[], ["", "b", "a", "b"], ["\U0001f600", "ü", "\uffff", "z", "\U0001f600"]])
def test_names_and_numbers_are_those_of_numpy(cells):
    names, numbers = distinct(np.array(cells, dtype=object))
    expected, places = np.unique(np.array(cells, dtype=str), return_inverse=True)
    assert names == expected.tolist()
    assert numbers.tolist() == places.tolist()
    assert numbers.dtype == np.int64


def enter_and_ask(cells):
    times = np.arange(len(cells), dtype=np.float64)
    Ledger.of(cells, times, times).as_of(cells, times)


@pytest.mark.parametrize(
    "work", [distinct, enter_and_ask, lambda cells: sketch({"t": cells}, np.zeros(len(cells)))]
)
def test_one_long_text_does_not_make_every_row_as_wide(work):
    cells = np.array([f"text {row % 50}" for row in range(N_ROWS)], dtype=object)
    cells[5] = "w " * 10_000
    tracemalloc.start()
    try:
        work(cells)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2e6  # as texts of one width: 240 MB, and as much for each copy
