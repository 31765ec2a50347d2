"""Rules on real data that ship with the project, and at the edges of what they see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlwright.checks.case import open_case
from mlwright.core.errors import DataError
from mlwright.core.rule import Strength
from mlwright.core.shelves import RULES
from mlwright.testing.leaks import KINDS, plant
from mlwright.testing.worlds import table

from .conftest import accused

DATA = Path(__file__).parents[3] / "demo" / "data"


def demo(name, n_rows=1_500):
    return pl.read_csv(DATA / name, infer_schema_length=None).head(n_rows)


TABLES = {
    "income": (demo("adult_sample.csv"), "income"),
    "bikes": (demo("bike_sharing_hourly.csv"), "cnt"),
}


@pytest.mark.parametrize("name", TABLES)
def test_real_tables_are_clean_and_planted_leaks_are_found(name):
    rows, target = TABLES[name]
    assert accused(rows, target) == {}
    n_planted, missed = 0, []
    for kind in KINDS:
        try:
            planted = plant(rows, target, kind, seed=1)
        except DataError:
            continue  # of numbers or of classes only
        found = accused(planted.rows, target)
        n_planted += len(planted.columns)
        missed += [(kind, column) for column in planted.columns if column not in found]
    assert n_planted >= 14
    assert len(missed) <= 0.05 * n_planted, missed


def case(n_classes=0, n_rows=240, **columns):
    dataset = table(n_rows=n_rows)
    target = dataset.target
    if n_classes:
        target = (target > np.median(target)).astype(np.float64)
    kept = {name: cells for name, cells in dataset.columns.items() if name not in columns}
    rows = replace(dataset, columns={**kept, **columns}, target=target)
    classes = ("no", "yes")[:n_classes]
    return open_case(rows, classes, np.arange(n_rows), np.arange(n_rows), n_cells=10**6)


@pytest.mark.parametrize("rule", RULES.names())
@pytest.mark.parametrize("n_classes", [0, 2])
@pytest.mark.parametrize("n_rows", [5, 60, 240])
def test_a_rule_accuses_no_column_of_an_honest_world_of_any_size(rule, n_classes, n_rows):
    assert [
        s for s in RULES.get(rule).suspects(case(n_classes, n_rows)) if s.strength is not Strength.WEAK
    ] == []


@pytest.mark.parametrize("rule", RULES.names())
@pytest.mark.parametrize("n_classes", [0, 2])
def test_a_rule_stands_cells_of_any_size(rule, n_classes):
    odd = np.resize([np.nan, 0.0, 1e300, -1e300, 1e-300], 240)
    for cells in (odd, np.full(240, np.nan), np.zeros(240)):
        for suspect in RULES.get(rule).suspects(case(n_classes, size=cells)):
            assert suspect.message


def test_of_words_that_tell_as_much_the_first_by_alphabet_is_named():
    many = " ".join(f"word{letter}" for letter in "qwertzuiopasdfghjklyxcvbnm")
    target = table(n_rows=240).target
    notes = [f"note {row} {many if y > np.median(target) else 'calm'}" for row, y in enumerate(target)]
    (found,) = RULES.get("label_in_text").suspects(case(2, note=np.array(notes, dtype=object)))
    assert found.evidence["word"] == "calm"
