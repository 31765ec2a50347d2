"""Groups and times that nobody named are reported, honest columns are not."""

from __future__ import annotations

import numpy as np

from .conftest import judged, people, without


def findings(rows, target, rule, **given):
    prepared, _ = judged(rows, target, **given)
    return [f for f in prepared.findings if f.rule == rule]


def visits(n_patients=150, each=5, seed=0):
    """Return rows of patients, who are alike in their rows."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), each)
    order = rng.permutation(len(patient))
    patient = patient[order]
    own = rng.normal(size=n_patients)
    return {
        "patient_id": [int(7 * p + 3) for p in patient],
        "sex": [str(rng.permutation(2)[0]) for _ in patient],
        "age": (40.0 + 10.0 * own[patient] + rng.normal(size=len(patient))).round(2).tolist(),
        "stay": (5.0 + 2.0 * own[patient] + rng.normal(size=len(patient))).round(3).tolist(),
    }


def test_a_key_whose_rows_have_like_targets_is_a_group():
    found = findings(visits(), "stay", "group_like")
    assert [f.column for f in found] == ["patient_id"]
    assert found[0].evidence["target_correlation"] > 0.5
    assert "--group patient_id" in found[0].remedy


def test_who_named_the_group_is_not_told_again():
    assert findings(visits(), "stay", "group_like", group="patient_id") == []


def test_a_key_that_means_nothing_is_no_group():
    rows = visits()
    rng = np.random.default_rng(1)
    rows["patient_id"] = rng.permutation(rows["patient_id"]).tolist()
    assert findings(rows, "stay", "group_like") == []


def test_a_key_of_few_rows_that_hold_the_usual_answer_is_no_group():
    rng = np.random.default_rng(2)
    n_rows = 4_000
    rows = {
        "item_id": rng.permutation(np.arange(n_rows) % 34).tolist(),
        "size": rng.normal(size=n_rows).tolist(),
        "click": np.where(rng.random(n_rows) < 0.005, "yes", "no").tolist(),
    }
    assert findings(rows, "click", "group_like") == []


def test_a_date_along_which_the_target_drifts_is_a_time():
    rows = without(people(), "left")
    rng = np.random.default_rng(3)
    days = rng.integers(0, 700, 700)
    rows["since"] = [None, *(str(np.datetime64("2020-01-01") + int(day)) for day in days[1:])]
    assert findings(rows, "spent", "time_like") == []  # with a date in each row it would steer the split
    rows["spent"] = (np.array(rows["spent"]) + 0.1 * days).tolist()
    found = findings(rows, "spent", "time_like")
    assert [f.column for f in found] == ["since"]
    assert "--time since" in found[0].remedy


def test_a_date_in_parts_is_a_time():
    rows = without(people(), "left", "since")
    days = np.datetime64("2020-01-01") + np.arange(700)
    months = days.astype("datetime64[M]")
    rows["order_year"] = (days.astype("datetime64[Y]").astype(int) + 1970).tolist()
    rows["order_month"] = (months.astype(int) % 12 + 1).tolist()
    rows["order_day"] = ((days - months).astype(int) + 1).tolist()
    found = findings(rows, "spent", "time_like")
    assert found[0].evidence["columns"] == ["order_year", "order_month", "order_day"]
    assert "the rows stand in its order" in found[0].message
