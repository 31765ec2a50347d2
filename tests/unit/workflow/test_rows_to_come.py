"""A date beyond which rows are harder to foresee makes the split run forward; other dates do not."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.schema import Role
from mlwright.workflow.leaks import without_leaks
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import prepare

N_ROWS = 900


def sales(*, drift, seed=0):
    """Return rows in no order; what the weather does to sales turns around over two years, or does not."""
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 730, N_ROWS)
    warmth, noise = rng.normal(size=(2, N_ROWS))
    effect = np.cos(np.pi * days / 730) if drift else np.ones(N_ROWS)
    return {
        "day": [str(np.datetime64("2021-01-01") + int(day)) for day in days],
        "warmth": warmth.tolist(),
        "sold": (10 + 3 * effect * warmth + 0.5 * noise).tolist(),
    }


def judged(rows, target="sold", **given):
    options = TrainOptions(max_trials=1, **given)
    return without_leaks(prepare(rows, target, options), options, Budget(max_trials=1))


def rules(prepared):
    return [finding.rule for finding in prepared.findings]


def test_rows_to_come_judge_where_they_are_harder_to_foresee():
    rows = judged(sales(drift=True))
    assert rules(rows).count("time_matters") == 1
    assert rows.split.how == "forward in time"
    assert rows.test.times.min() >= rows.train.times.max()
    assert [column.name for column in rows.schema.role_of(Role.TIME)] == ["day"]
    (finding,) = (one for one in rows.findings if one.rule == "time_matters")
    assert finding.evidence["flattery"]["low"] > 0
    assert "--time day" in finding.remedy
    assert rows.price["metric"] == "r2"
    everyone = np.concatenate([rows.split.train, rows.split.test])
    assert len(np.unique(everyone)) == len(everyone)


@pytest.mark.parametrize("seed", range(4))
def test_a_date_that_changes_nothing_leaves_the_split_random(seed):
    rows = judged(sales(drift=False, seed=seed))
    assert "time_matters" not in rules(rows)
    assert rows.split.how == "random"


@pytest.mark.parametrize("given", [{"time": "none"}, {"time": "day"}, {"group": "day"}])
def test_who_said_how_to_split_is_obeyed(given):
    assert "time_matters" not in rules(judged(sales(drift=True), **given))


def test_dates_that_are_missing_somewhere_do_not_steer():
    rows = sales(drift=True)
    rows["day"][3] = None
    assert judged(rows).split.how == "random"


def test_rows_held_back_and_the_cells_of_the_test_follow_the_split(tmp_path):
    rows = judged(sales(drift=True), intervals="certified", baseline="old.mlw")
    assert rows.held.times.min() >= rows.train.times.max()
    assert rows.test.times.min() >= rows.held.times.max()
    cells = np.array(rows.test_cells.columns["sold"], dtype=float)
    np.testing.assert_allclose(cells, rows.test.target)
