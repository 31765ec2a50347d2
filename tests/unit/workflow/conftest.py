"""Small tables, and trainings that look at no clock."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.progress import silence
from mlwright.workflow.fit import fit
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import prepare
from mlwright.workflow.run import open_run
from mlwright.workflow.train import train


def houses(n_rows=160, seed=0):
    """Return rows, no two alike, with three targets: a price, a sale, a grade."""
    rng = np.random.default_rng(seed)
    size = rng.normal(100.0, 25.0, n_rows).round(2)
    area = rng.choice(["north", "south", "west"], n_rows)
    price = (2.0 * size + 60.0 * (area == "north") + rng.normal(0.0, 10.0, n_rows)).round(2)
    return [
        {
            "number": f"H{row:05d}",
            "size": None if row % 11 == 5 else float(size[row]),
            "age": round(float(rng.uniform(0.0, 90.0)), 3),
            "area": str(area[row]),
            "price": float(price[row]),
            "is_sold": "yes" if price[row] + rng.normal(0, 20) > 215 else "no",
            "grade": "abc"[int(price[row] > 190) + int(price[row] > 240)],
        }
        for row in range(n_rows)
    ]


def only(rows, *names):
    return [{name: row[name] for name in names} for row in rows]


def options(**given):
    return TrainOptions(**{"max_trials": 1, "refit": "no", **given})


def trained(rows, target, **given):
    return train(rows, target, options(**given))


def fitted(rows, target, **given):
    """Return the prepared rows and what the search left, without opening the test."""
    chosen = options(**given)
    prepared = prepare(rows, target, chosen)
    with open_run(chosen) as run:
        return prepared, fit(prepared, chosen, Budget(max_trials=chosen.max_trials), silence, run)


@pytest.fixture(scope="session")
def price_model():
    return trained(only(houses(), "size", "age", "area", "price"), "price", refit="auto")


@pytest.fixture(scope="session")
def sale_model():
    return trained(only(houses(), "number", "size", "age", "area", "is_sold"), "is_sold", id=("number",))


@pytest.fixture(scope="session")
def grade_model():
    return trained(only(houses(), "size", "age", "area", "grade"), "grade")
