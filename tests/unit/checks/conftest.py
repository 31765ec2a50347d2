"""Tables of which it is known whether a column leaks, and the court that is held on them."""

from __future__ import annotations

import numpy as np

from mlwright.core.budget import Budget
from mlwright.workflow.leaks import without_leaks
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import prepare


def people(n_rows=700, seed=0, noise=1.0):
    """Return honest columns of every sort, and two targets that they tell partly: `spent` and `left`."""
    rng = np.random.default_rng(seed)
    age = rng.normal(45.0, 12.0, n_rows).round(1)
    income = rng.lognormal(3.0, 0.5, n_rows).round(2)
    town = rng.choice(["north", "south", "west", "east"], n_rows)
    plan = rng.choice(["basic", "plus"], n_rows)
    since = np.datetime64("2015-01-01") + rng.integers(0, 3000, n_rows)
    told = 0.04 * age + 0.03 * income + 1.0 * (town == "north")
    spent = told + rng.normal(0.0, noise, n_rows)
    gap = rng.random(n_rows) < 0.1
    return {
        "age": [None if empty else float(x) for x, empty in zip(age, gap, strict=True)],
        "income": income.tolist(),
        "town": town.tolist(),
        "plan": plan.tolist(),
        "since": [str(day) for day in since],
        "spent": (20.0 + 10.0 * spent).round(2).tolist(),
        "left": ["yes" if x else "no" for x in spent + rng.normal(0.0, noise, n_rows) > 3.6],
    }


def without(rows, *names):
    return {name: cells for name, cells in rows.items() if name not in names}


def judged(rows, target, **given):
    """Return what is left after the court, and its rulings by column."""
    options = TrainOptions(**{"max_trials": 1, **given})
    prepared = without_leaks(prepare(rows, target, options), options, Budget(max_trials=1))
    return prepared, {leak["column"]: leak for leak in prepared.leaks if leak["column"]}


def accused(rows, target, **given):
    """Return the verdicts on columns that were not cleared."""
    _, leaks = judged(rows, target, **given)
    return {name: leak["verdict"] for name, leak in leaks.items() if leak["verdict"] != "keep"}
