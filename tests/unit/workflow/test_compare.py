"""Comparing two models on the same rows."""

import pytest

import mlwright as mw
from mlwright.core.errors import MissingColumnError, UnknownNameError, UsageError

from .conftest import houses, only, trained


@pytest.fixture(scope="module")
def weak_model():
    return trained(only(houses(), "age", "price"), "price", max_trials=1)


@pytest.fixture(scope="module")
def later():
    return only(houses(seed=7, n_rows=300), "size", "age", "area", "price")


def test_the_better_model_is_to_be_shipped(weak_model, price_model, later):
    found = mw.compare(weak_model, price_model, later)
    assert found["verdict"] == "ship"
    assert found["metric"] == price_model.task.metric
    assert found["n_rows"] == 300
    assert found["difference"]["value"] == pytest.approx(found["new"]["value"] - found["old"]["value"])
    assert found["difference"]["high"] < 0


def test_the_worse_one_is_not(weak_model, price_model, later):
    found = mw.compare(price_model, weak_model, later)
    assert found["verdict"] == "do_not_ship"
    assert found["n_needed"] is None


def test_a_model_is_no_better_than_itself(price_model, later):
    found = mw.compare(price_model, price_model, later)
    assert found["verdict"] == "do_not_ship"
    assert found["difference"]["value"] == 0.0


def test_by_another_metric(weak_model, price_model, later):
    assert mw.compare(weak_model, price_model, later, metric="mae")["metric"] == "mae"
    with pytest.raises(UsageError, match="does not judge"):
        mw.compare(weak_model, price_model, later, metric="roc_auc")
    with pytest.raises(UnknownNameError):
        mw.compare(weak_model, price_model, later, metric="rmsee")


def test_models_of_other_questions_are_refused(price_model, later):
    other = trained(only(houses(), "size", "area", "is_sold"), "is_sold", max_trials=1)
    with pytest.raises(UsageError, match=r"different questions.*'price'.*'is_sold'"):
        mw.compare(price_model, other, later)


def test_a_negative_difference_cannot_matter(price_model, later):
    with pytest.raises(UsageError, match="0 or more"):
        mw.compare(price_model, price_model, later, matters=-1.0)


def rules(model):
    return {finding["rule"]: finding["severity"] for finding in model.evidence["findings"]}


def test_a_new_model_that_is_better_replaces_the_one_in_place(weak_model):
    rows = only(houses(400, seed=3), "size", "age", "area", "price")
    model = trained(rows, "price", baseline=weak_model)
    found = model.evidence["in_place"]
    assert found["verdict"] == "ship"
    assert found["n_rows"] == model.evidence["split"]["n_test"]
    assert found["new"]["value"] == model.evidence["test"]["rmse"]["value"]
    assert not {"not_better_than_in_place", "in_place_has_seen_the_test"} & set(rules(model))


def test_one_that_is_worse_does_not(price_model, later, tmp_path):
    price_model.save(tmp_path / "old.mlw")
    blind = [{key: row[key] for key in ("age", "price")} | {"size": row["size"]} for row in later]
    # The old model needs its columns in the rows that judge; the new one is told not to use them.
    rows = [{**row, "area": other["area"]} for row, other in zip(blind, later, strict=True)]
    model = trained(rows, "price", baseline=str(tmp_path / "old.mlw"), exclude=("size", "area"))
    assert model.evidence["in_place"]["verdict"] == "do_not_ship"
    assert rules(model)["not_better_than_in_place"] == "error"
    assert model.evidence["options"]["baseline"] == [str(tmp_path / "old.mlw")]


def test_a_model_in_place_that_knows_the_rows_is_flattered(later):
    first = trained(later, "price", refit="yes")
    again = trained(later, "price", baseline=first)
    assert again.evidence["in_place"]["is_seen"]
    assert rules(again)["in_place_has_seen_the_test"] == "warning"


def test_rows_to_judge_by_may_be_given(weak_model, later):
    rows = only(houses(seed=9), "size", "age", "area", "price")
    model = trained(rows, "price", baseline=weak_model, test=later)
    assert model.evidence["in_place"]["n_rows"] == len(later)


def test_another_question_is_refused_before_any_work(price_model, tmp_path):
    rows = only(houses(), "size", "area", "is_sold")
    with pytest.raises(UsageError, match="different questions"):
        trained(rows, "is_sold", baseline=price_model, run=tmp_path / "run")
    with pytest.raises(UsageError, match="not int"):
        trained(rows, "is_sold", baseline=3)


def test_a_model_in_place_whose_columns_are_gone_is_refused_before_the_search(price_model, tmp_path):
    rows = only(houses(seed=4), "size", "age", "price")
    with pytest.raises(MissingColumnError, match="area"):
        trained(rows, "price", baseline=price_model, run=tmp_path / "run")
    assert not list((tmp_path / "run").glob("*.jobs*"))
