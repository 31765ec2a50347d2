"""Evaluating: metrics and promises on labeled rows."""

from itertools import product

import pytest

from mlwright.core.errors import MissingColumnError
from mlwright.workflow.evaluate import evaluate

from .conftest import houses, only, trained


def test_evaluating_gives_every_metric_with_its_interval(price_model, sale_model, grade_model):
    for model, target in ((price_model, "price"), (sale_model, "is_sold"), (grade_model, "grade")):
        rows = only(houses(seed=3), "number", "size", "age", "area", target)
        rows[0][target] = None
        found = evaluate(model, rows)
        assert found["n_rows"] == 159
        assert tuple(found["metrics"]) == model.task.metrics
        for estimate in found["metrics"].values():
            assert estimate["low"] <= estimate["value"] <= estimate["high"]


def test_evaluating_the_rows_that_judged_gives_what_the_evidence_says():
    rows = only(houses(), "size", "age", "area", "price")
    model = trained(rows[:100], "price", test=rows[100:])
    assert evaluate(model, rows[100:])["metrics"] == model.evidence["test"]


@pytest.mark.parametrize("target", ["price", "is_sold", "grade"])
def test_evaluating_the_rows_that_judged_measures_coverage_and_calibration_again(target):
    rows = only(houses(400), "size", "age", "area", target)
    model = trained(rows[:300], target, test=rows[300:])
    again, told = evaluate(model, rows[300:]), model.evidence
    for measured, end in product(("coverage", "size"), ("value", "low", "high")):
        assert again["intervals"][measured][end] == pytest.approx(told["intervals"][measured][end], rel=1e-12)
    assert again["intervals"]["level"] == told["intervals"]["level"]
    assert again["calibration_error"] == told["calibration_error"]
    assert again["decision"] is None


def test_evaluating_without_the_target_is_refused(price_model):
    with pytest.raises(MissingColumnError, match="'price'"):
        evaluate(price_model, only(houses(), "size", "age", "area"))
