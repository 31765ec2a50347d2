"""Parts of the test: weak slices are found, and columns that are no features still divide the rows."""

import json

import numpy as np
import pytest

from mlwright.core.errors import MissingColumnError, UsageError

from .conftest import houses, only, trained


def clients(n_rows=1_200, seed=0, noise=0.0):
    """Rows whose target follows `size`, but for those of the city "fog", where `noise` hides it."""
    rng = np.random.default_rng(seed)
    size, city = rng.normal(size=n_rows), rng.choice(["fog", "sun", "sea"], n_rows, p=[0.25, 0.4, 0.35])
    sex = rng.choice(["f", "m"], n_rows)
    signal = size + 0.8 * (sex == "m") + rng.normal(0.0, 0.2 + noise * (city == "fog"), n_rows)
    return [
        {
            "size": round(float(size[n]), 4), "city": str(city[n]), "sex": str(sex[n]),
            "amount": round(float(signal[n]), 4), "bought": "yes" if signal[n] > 0.4 else "no",
        }
        for n in range(n_rows)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def watched():
    """A model that does not read the sex, which decides."""
    rows = only(clients(noise=3.0), "size", "city", "sex", "bought")
    return trained(rows, "bought", exclude=("sex",), sensitive=("sex", "size"), slice=("city", "sex"))


def test_a_column_that_is_no_feature_divides_the_test_and_reaches_no_program(watched):
    assert watched.inputs == ("size", "city")
    evidence = watched.evidence
    by_sex = next(one for one in evidence["fairness"] if one["column"] == "sex")
    assert by_sex["is_feature"] is False
    assert {group["group"] for group in by_sex["groups"]} == {"f", "m"}
    assert sum(group["n"] for group in by_sex["groups"]) == evidence["split"]["n_test"]
    assert evidence["options"]["exclude"] == evidence["options"]["slice"][1:] == ["sex"]
    watched.predict([{"size": 0.3, "city": "sea"}])


def test_gaps_of_treatment_are_told_with_intervals(watched):
    by_sex = watched.evidence["fairness"][0]
    gap = by_sex["gaps"]["true_positive_rate"]
    rates = {group["group"]: group["rates"]["true_positive_rate"]["value"] for group in by_sex["groups"]}
    assert gap["value"] == pytest.approx(max(rates.values()) - min(rates.values()))
    assert gap["low"] <= gap["value"] <= gap["high"]
    assert sorted(gap["between"]) == ["f", "m"]
    # Women are said to buy more often than they do, men less.
    calibration = {group["group"]: group["rates"]["calibration"] for group in by_sex["groups"]}
    assert calibration["f"]["low"] > 0 > calibration["m"]["high"]
    assert by_sex["worst"]["group"] in rates


def test_a_number_is_divided_by_quantiles_of_the_training_rows(watched):
    by_size = next(one for one in watched.evidence["fairness"] if one["column"] == "size")
    assert by_size["is_feature"] is True
    assert len(by_size["groups"]) == 5
    assert by_size["groups"][0]["group"].startswith("up to")
    assert min(group["n"] for group in by_size["groups"]) >= 30


def test_groups_that_were_asked_for_have_the_main_metric(watched):
    assert [one["column"] for one in watched.evidence["groups"]] == ["city", "sex"]
    one = watched.evidence["groups"][0]
    assert one["metric"] == watched.task.metric
    scores = {group["group"]: group["score"] for group in one["groups"]}
    assert set(scores) == {"fog", "sea", "sun"}
    assert scores["fog"]["high"] < scores["sun"]["low"]


def test_the_weak_part_is_found_and_noted(watched):
    worst = watched.evidence["slices"][0]
    assert worst["rule"] == "city = 'fog'"
    assert worst["inside"]["low"] > worst["outside"]["high"]
    assert worst["p_adjusted"] < 0.001
    assert worst["metric"] == "log_loss"
    found = [one for one in watched.evidence["findings"] if one["rule"] == "weak_slice"]
    assert [one["column"] for one in found] == ["city"]
    assert "where city = 'fog'" in found[0]["message"]


def test_values_have_weak_parts_and_groups_too():
    model = trained(only(clients(noise=3.0), "size", "city", "amount"), "amount", sensitive=("city",))
    assert model.evidence["slices"][0]["rule"].startswith("city = 'fog'")
    assert model.evidence["slices"][0]["metric"] == "mae"
    assert not any(one["is_surprised"] for one in model.evidence["slices"])
    by_city = model.evidence["fairness"][0]
    assert list(by_city["groups"][0]["rates"]) == ["error", "calibration"]
    assert by_city["gaps"]["error"]["between"][0] == by_city["worst"]["group"] == "fog"


def test_a_model_that_is_as_good_everywhere_has_no_weak_part():
    model = trained(only(clients(), "size", "city", "sex", "amount"), "amount")
    assert model.evidence["slices"] == []
    assert model.evidence["slice_search"]["n_tested"] > 0
    assert model.evidence["groups"] == model.evidence["fairness"] == []


def test_a_given_test_brings_the_column_along():
    rows = only(clients(400), "size", "city", "sex", "bought")
    model = trained(rows[:300], "bought", test=rows[300:], exclude=("sex",), sensitive=("sex",))
    assert sum(group["n"] for group in model.evidence["fairness"][0]["groups"]) == 100
    without = only(rows[300:], "size", "city", "bought")
    with pytest.raises(MissingColumnError, match="'sex'"):
        trained(rows[:300], "bought", test=without, exclude=("sex",), sensitive=("sex",))


def test_a_column_that_leaks_is_no_feature_but_is_still_seen():
    rows = only(clients(600), "size", "city", "sex", "bought")
    rows = [{**row, "paid": "t" if row["bought"] == "yes" else "f"} for row in rows]
    model = trained(rows, "bought", slice=("paid",))
    assert "paid" not in model.inputs
    assert {group["group"] for group in model.evidence["groups"][0]["groups"]} == {"t", "f"}


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(MissingColumnError, match="Did you mean 'city'"):
        trained(clients(50), "bought", slice=("cities",))


def test_the_target_is_no_group():
    with pytest.raises(UsageError, match="'bought' is the target; --sensitive names"):
        trained(clients(50), "bought", sensitive=("bought",))


def test_what_is_watched_changes_no_byte_of_the_program(watched):
    plain = trained(only(clients(noise=3.0), "size", "city", "sex", "bought"), "bought", exclude=("sex",))
    assert plain.program == watched.program


def test_few_rows_have_no_parts_and_the_evidence_is_json():
    rows = only(houses(40), "size", "age", "area", "is_sold")
    model = trained(rows, "is_sold", sensitive=("area",), slice=("age",))
    assert model.evidence["slice_search"]["n_tested"] == 0
    told = model.evidence["fairness"][0]
    assert (told["groups"], told["gaps"], told["worst"]) == ([], {}, None)
    json.dumps(model.evidence, allow_nan=False)
