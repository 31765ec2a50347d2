"""Fitted parts with what they were compiled to."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.progress import silence
from mlwright.program.compile import Parts
from mlwright.workflow.build import build
from mlwright.workflow.fit import fit
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import prepare
from mlwright.workflow.run import open_run


@pytest.fixture(scope="package")
def prepared():
    rng = np.random.default_rng(0)
    n_rows = 90
    size, color = rng.normal(size=n_rows), rng.choice(["red", "green", "blue"], n_rows)
    rows = {
        "size": np.where(rng.random(n_rows) < 0.1, np.nan, size),
        "color": color,
        "note": [f"please {word} the bell twice or so" for word in rng.choice(["ring", "use"], n_rows)],
        "y": np.where(size + (color == "red") + rng.normal(0, 0.3, n_rows) > 0.3, "yes", "no"),
    }
    return prepare(rows, "y", TrainOptions(max_trials=2))


@pytest.fixture(scope="package")
def built(prepared):
    """A linear model and trees of one fold each, half and half, whatever the blend would say."""
    options = TrainOptions(max_trials=2, refit="no")
    with open_run(options) as run:
        fitted = fit(prepared, options, Budget(max_trials=2), silence, run)
    members = [trial.fold_members(4.0)[0] for trial in fitted.search.trials[1:]]
    return build(Parts(prepared.task, fitted.judged.parts.recipe, tuple(members)), prepared.train, 0)
