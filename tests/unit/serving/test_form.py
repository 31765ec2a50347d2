"""The form: what a page is told of a model, and that nobody's row is in it."""

import math

import msgspec
import numpy as np
import pytest

import mlwright as mw
from mlwright.serving.form import example, form
from mlwright.serving.scorer import Scorer
from mlwright.serving.settings import Settings

SETTINGS = Settings()
N_ROWS = 120
DATA = {
    "height": [150 + (n * 37) % 50 + 0.5 for n in range(N_ROWS)],
    "age": [20 + (n * 17) % 60 for n in range(N_ROWS)],
    "member": [n % 3 == 0 for n in range(N_ROWS)],
    "color": [("red", "green", "blue", "red")[n % 4] if n % 10 else None for n in range(N_ROWS)],
    "day": [f"2023-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(N_ROWS)],
    "moment": [f"2023-{1 + n % 12:02}-{1 + n % 28:02} {n % 24:02}:30:00" for n in range(N_ROWS)],
    "birth": [f"{13 + n % 15}/{1 + n % 12:02}/{1950 + n % 50}" for n in range(N_ROWS)],
    "who": [f"Person {chr(65 + n % 26)}{n * 7919 % 1000} Secret" for n in range(N_ROWS)],
}


def scorer_of(target, data):
    return Scorer(mw.train(data, target, max_trials=1), b"", "fits", SETTINGS)


@pytest.fixture(scope="module")
def told():
    chance = [("yes" if height > 175 else "no") for height in DATA["height"]]
    return form(scorer_of("fits", DATA | {"fits": chance}), SETTINGS)


@pytest.fixture(scope="module")
def columns(told):
    return {column["name"]: column for column in told["columns"]}


def test_it_says_who_answers_what_and_how_well(told):
    assert told["name"] == "fits"
    assert len(told["version"]) == 12
    assert told["question"] == "Is fits no or yes?"
    assert told["headline"].startswith("ROC AUC ")
    assert [(one["label"], one["key"]) for one in told["classes"]] == [
        ("no", "probability_no"),
        ("yes", "probability_yes"),
    ]
    assert told["max_rows"] == SETTINGS.max_rows


def test_the_columns_that_matter_most_come_first(told):
    drops = [column["drop"] for column in told["columns"]]
    assert told["columns"][0]["name"] == "height"
    weights = [-math.inf if drop is None else drop for drop in drops]
    assert max(weights) == weights[0] > 0


def test_a_number_has_its_range_and_starts_in_the_middle(columns):
    height, age = columns["height"], columns["age"]
    assert (height["low"], height["high"]) == (150.5, 199.5)
    assert 165 < height["start"] < 185
    assert isinstance(age["start"], int)
    assert age["is_integer"]
    assert all(height["low"] <= value <= height["high"] for value in height["usual"])


def test_a_category_has_its_levels_and_starts_with_the_usual_one(columns):
    color = columns["color"]
    assert sorted(color["levels"]) == ["blue", "green", "red"]
    assert (color["start"], color["are_all"], color["is_never_missing"]) == ("red", True, False)
    assert sum(share for _, share in color["usual"]) == pytest.approx(1.0, abs=0.15)


def test_a_truth_starts_with_what_is_usual(columns):
    assert columns["member"]["kind"] == "boolean"
    assert columns["member"]["start"] is False


def test_moments_are_told_in_iso_with_the_format_that_the_model_reads(columns):
    assert columns["day"]["is_day"]
    assert not columns["moment"]["is_day"]
    assert columns["birth"]["format"] == "%d/%m/%Y"
    assert columns["day"]["low"] == "2023-01-01T00:00:00"
    for name in ("day", "moment", "birth"):
        found = columns[name]
        assert found["low"] <= found["start"] <= found["high"]


def test_names_and_sentences_of_people_are_not_told(told, columns):
    assert "Secret" not in msgspec.json.encode(told).decode()
    assert columns["who"]["start"] is None


def test_a_row_to_start_from_can_be_answered(told):
    data = DATA | {"fits": ["yes" if height > 175 else "no" for height in DATA["height"]]}
    scorer = scorer_of("fits", data)
    start = {column["name"]: column["start"] for column in told["columns"]}
    start["birth"] = "18/07/1973"  # the page writes dates in the format of the model
    rows = scorer.reader.records([start])
    assert scorer.records(rows, scorer.answer(rows))[0]["prediction"] in ("yes", "no")


def test_a_model_of_a_number_tells_what_it_usually_says():
    told = form(scorer_of("height", {k: DATA[k] for k in ("height", "age", "color")}), SETTINGS)
    assert told["classes"] == []
    assert told["question"] == "How high is height?"
    assert told["prediction"]["0.05"] <= told["prediction"]["0.95"]
    assert told["level"] in (0.9, None)
    assert msgspec.json.encode(told)


def test_a_text_starts_with_words_that_many_texts_held():
    rng = np.random.default_rng(0)
    known = ["broken", "parcel", "late", "thanks", "great", "quick", "delivery", "color", "awful", "refund"]
    notes = [" ".join([*rng.choice(known, 6), f"Secret{chr(97 + n % 26)}{n}"]) for n in range(240)]
    late = ["yes" if "late" in note or "awful" in note else "no" for note in notes]
    scorer = scorer_of("angry", {"note": notes, "age": list(range(240)), "angry": late})
    (column,) = (one for one in form(scorer, SETTINGS)["columns"] if one["name"] == "note")
    assert column["kind"] == "text"
    assert len(column["start"].split()) == 5
    assert set(column["start"].split()) <= set(known)
    assert example(scorer)["note"] == column["start"]
