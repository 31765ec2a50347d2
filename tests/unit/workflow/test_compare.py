"""Comparing two models on the same rows."""

import pytest

import mlwright as mw
from mlwright.core.errors import UnknownNameError, UsageError

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
