"""Explaining rows: numbers that add up, in a document, in a file and in words."""

import numpy as np
import polars as pl
import pytest

from mlwright.core.errors import DataError, UsageError
from mlwright.workflow.explain import explain, explain_file

from .conftest import houses, only

ROWS = only(houses(seed=9, n_rows=12), "number", "size", "age", "area")


@pytest.mark.parametrize(
    ("name", "classes"), [("price_model", [None]), ("sale_model", ["yes"]), ("grade_model", ["a", "b", "c"])]
)
def test_base_and_amounts_add_up_to_the_answer_that_is_explained(request, name, classes):
    model = request.getfixturevalue(name)
    found = explain(model, ROWS)
    assert found["target"] == model.task.target
    assert len(found["rows"]) == len(ROWS)
    for given, told in zip(ROWS, found["rows"], strict=True):
        assert told["class"] in classes
        amounts = [item["amount"] for item in told["columns"]]
        assert told["base"] + sum(amounts) == pytest.approx(told["answer"], abs=1e-9)
        assert [abs(one) for one in amounts] == sorted(map(abs, amounts), reverse=True)
        assert {item["column"]: item["value"] for item in told["columns"]} == {
            key: given[key] for key in model.inputs
        }
    if len(classes) > 1:
        assert [told["class"] for told in found["rows"]] == model.predict(ROWS).tolist()
    if name == "sale_model":
        chances = [told["answer"] for told in found["rows"]]
        np.testing.assert_allclose(chances, model.predict_proba(ROWS)[:, 1], atol=1e-12)


def test_a_row_alone_is_explained_as_among_others(sale_model):
    whole = explain(sale_model, ROWS)["rows"]
    assert explain(sale_model, ROWS, row=5)["rows"] == whole[4:5]
    assert explain(sale_model, ROWS, n_rows=3)["rows"] == whole[:3]
    assert explain(sale_model, ROWS, n_rows=99)["rows"] == whole


def test_rows_without_an_id_have_their_number(price_model):
    assert [told["id"] for told in explain(price_model, ROWS, n_rows=2)["rows"]] == [{"row": 1}, {"row": 2}]
    assert explain(price_model, ROWS, row=7)["rows"][0]["id"] == {"row": 7}


def test_a_row_that_is_not_there_is_named(price_model):
    with pytest.raises(UsageError, match=r"There is no row 13 in .*, which has 12; the first is 1"):
        explain(price_model, ROWS, row=13)


def test_a_cell_that_cannot_be_read_is_an_error(price_model):
    with pytest.raises(DataError, match="'age'"):
        explain(price_model, [{**ROWS[0], "age": "old"}])


def test_a_file_holds_a_line_for_each_row(sale_model, tmp_path):
    out = tmp_path / "why.parquet"
    assert explain_file(sale_model, ROWS, out) == 12
    frame = pl.read_parquet(out)
    names = ["number", "class", "answer", "base", "why", "amount_size", "amount_age", "amount_area"]
    assert frame.columns == names
    total = frame["base"] + frame["amount_size"] + frame["amount_age"] + frame["amount_area"]
    np.testing.assert_allclose(total, frame["answer"], atol=1e-9)
    assert frame["why"].str.starts_with("The chance that is_sold is yes: ").all()


def test_a_value_is_explained_in_its_own_units(price_model, tmp_path):
    out = tmp_path / "why.csv"
    explain_file(price_model, ROWS, out, n_rows=1)
    frame = pl.read_csv(out)
    assert "class" not in frame.columns
    assert frame["answer"][0] == pytest.approx(price_model.predict(ROWS[:1])[0], abs=1e-9)
    assert 100 < frame["base"][0] < 400


def test_explanations_survive_saving(sale_model, tmp_path):
    import mlwright as mw

    sale_model.save(tmp_path / "m.mlw")
    again = mw.load(tmp_path / "m.mlw")
    np.testing.assert_array_equal(again.explain(ROWS).amounts, sale_model.explain(ROWS).amounts)
