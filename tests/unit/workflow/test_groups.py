"""Parts of the test: weak slices are found, and columns that are no features still divide the rows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.errors import MissingColumnError, UsageError
from mlwright.core.prediction import Prediction
from mlwright.workflow.groups import asked_groups, fairness
from mlwright.workflow.weak import search_slices, weak_slice

from .conftest import fitted, houses, only, options, trained


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


@pytest.fixture(scope="module")
def fog():
    """Rows of which those in the fog are hard, and a search on them that divides them by city."""
    given = {"slice": ("city",), "sensitive": ("sex",)}
    return *fitted(only(clients(noise=3.0), "size", "city", "sex", "bought"), "bought", **given), given


@pytest.mark.parametrize(("said", "is_surprised"), [(0.5, False), (0.97, True)])
def test_who_says_that_a_row_is_hard_is_not_surprised(fog, said, is_surprised):
    prepared, found, _ = fog
    truth, in_fog = prepared.test.target, prepared.test.columns["city"] == "fog"
    is_right = np.where(in_fog, np.arange(len(truth)) % 2 == 0, np.arange(len(truth)) % 33 > 0)
    yes = np.where(in_fog, said, 0.97)
    yes = np.where((truth == 1) == is_right, yes, 1.0 - yes)
    answers = Prediction.of_probabilities(np.column_stack([1.0 - yes, yes]))
    parts = search_slices(prepared, found.search, answers, 0, Budget(max_trials=1))
    worst = parts["slices"][0]
    assert (worst["rule"], worst["is_surprised"]) == ("city = 'fog'", is_surprised)
    (finding,) = weak_slice(parts)
    assert finding.severity == ("warning" if is_surprised else "note")
    assert ("too sure" in finding.remedy) == is_surprised


def test_copies_of_a_row_that_stand_together_do_not_make_parts_surer(fog):
    prepared, found, given = fog
    prediction, budget = found.judged.program.run(prepared.test.columns), Budget(max_trials=1)
    copied = np.repeat(np.arange(prepared.test.n_rows), 10)
    together = replace(prepared, test=replace(prepared.test.take(copied), groups=copied))

    def widths(rows, answers):
        slices = search_slices(rows, found.search, answers, 0, budget)["slices"]
        (asked,) = asked_groups(rows, answers, options(**given), budget)
        (treated,) = fairness(rows, answers, options(**given), budget)
        told = [slices[0]["inside"], asked["groups"][0]["score"], treated["groups"][0]["score"]]
        told += [treated["groups"][0]["rates"]["selection_rate"], treated["gaps"]["selection_rate"]]
        return np.array([one["high"] - one["low"] for one in told]), slices[0]["p_adjusted"]

    one, p_value = widths(prepared, prediction)
    many, p_of_copies = widths(together, prediction.take(copied))
    assert (many > 0.6 * one).all(), (one, many)
    assert p_of_copies > 1e-3 * p_value


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
