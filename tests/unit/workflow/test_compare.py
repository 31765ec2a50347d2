"""Comparing two models on the same rows."""

import numpy as np
import polars as pl
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


@pytest.mark.parametrize(
    ("before", "now"),
    [({"refit": "yes"}, {}), ({"refit": "no"}, {"seed": 1}), ({"refit": "yes"}, {"exclude": ("age",)})],
)
def test_a_model_in_place_that_knows_the_rows_that_judge_gets_no_verdict(later, before, now):
    first = trained(later, "price", **before)
    again = trained(later, "price", baseline=first, **now)
    found = again.evidence["in_place"]
    assert found["verdict"] == "not_enough_data"
    assert found["seen"]["old"] > (0.9 if before["refit"] == "yes" else 0.6)
    assert rules(again)["in_place_has_seen_the_test"] == "warning"
    assert "not_better_than_in_place" not in rules(again)


def test_rows_that_were_learned_are_known_again_whatever_they_come_in(later, tmp_path):
    model = trained(later, "price", refit="yes")
    pl.DataFrame(later).sample(fraction=1.0, shuffle=True, seed=0).write_csv(tmp_path / "rows.csv")
    assert mw.evaluate(model, str(tmp_path / "rows.csv"))["seen"] == 1.0
    new = only(houses(seed=77), "size", "age", "area", "price")
    assert mw.evaluate(model, new)["seen"] == 0.0
    assert mw.evaluate(model, [*later, *new])["seen"] == pytest.approx(len(later) / (len(later) + len(new)))
    assert mw.compare(model, model, later)["verdict"] == "not_enough_data"


def test_of_few_sorts_of_rows_none_counts_as_learned():
    rng = np.random.default_rng(0)

    def rows(n):
        sort = rng.integers(0, 4, n)
        return [{"sort": f"s{s}", "size": int(s), "y": "yes" if s > 1 else "no"} for s in sort]

    model = trained(rows(300), "y")
    assert mw.evaluate(model, rows(300))["seen"] == 0.0


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


def test_where_answers_differ_is_told_in_words_that_other_languages_know(weak_model, price_model, later):
    ranges = [
        one
        for one in mw.compare(weak_model, price_model, later)["changes"]["where"]
        if " to " in one["group"]
    ]
    assert ranges
    assert {one["sentences"]["group"]["words"] for one in ranges} == {"{low:.4g} to {high:.4g}"}
