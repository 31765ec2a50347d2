from __future__ import annotations

import pytest

from mlwright.report import plain, words
from mlwright.report.measures import metric_says, metric_title
from mlwright.report.verdict import verdict


def test_the_question_names_the_answers(income, bikes):
    assert words.question(income) == "Is income <=50K or >50K?"
    assert words.question(bikes) == "How high is cnt?"
    income["task"]["classes"] = [*"abcdefgh"]
    assert words.question(income) == "Which of 8 classes is income?"


def test_a_model_better_than_the_baseline_may_ship(income, bikes):
    assert verdict(income).title == verdict(bikes).title == "Ready to ship"


@pytest.mark.parametrize(
    ("direction", "ends", "sign"),
    [
        ("max", (0.1, 0.2), 1),
        ("max", (-0.1, 0.2), 0),
        ("max", (-0.2, -0.1), -1),
        ("min", (0.1, 0.2), -1),
        ("min", (-0.2, -0.1), 1),
        ("max", (None, None), None),
    ],
)
def test_better_is_read_with_the_direction(direction, ends, sign):
    gain = {"value": 0.0, "low": ends[0], "high": ends[1], "direction": direction}
    assert words.gain_sign({"gain": gain}) == sign


def test_a_gain_that_may_be_chance_does_not_ship(income):
    income["gain"] = {"value": 0.01, "low": -0.02, "high": 0.04, "direction": "max"}
    assert verdict(income).title == "Do not ship"
    assert "may be chance" in words.gain_line(income)


def test_a_model_worse_than_the_baseline_says_so(bikes):
    bikes["gain"] = {"value": 3.0, "low": 1.0, "high": 5.0, "direction": "min"}
    assert "worse than a baseline" in verdict(bikes).reason
    assert words.gain_line(bikes).startswith("In RMSE it is worse than the baseline by 3.0")


def test_an_error_blocks_until_somebody_has_acted(income):
    leak = {"severity": "error", "message": "It leaks.", "action": "kept"}
    income["findings"] = [leak]
    assert verdict(income).reason.endswith("It leaks.")
    assert words.open_errors([{**leak, "action": "dropped"}]) == []


def test_without_a_comparison_nothing_is_claimed():
    assert verdict({}).tone == "unsure"


def test_a_smaller_error_is_told_as_a_share(bikes):
    assert "% less error" in words.gain_line(bikes)


def estimate(value, low, high, direction="max"):
    return {"value": value, "low": low, "high": high, "direction": direction}


def test_the_meaning_is_told_in_counts():
    evidence = {
        "task": {"target": "Churn", "classes": ["no", "yes"]},
        "test": {"accuracy": estimate(0.85, 0.81, 0.89), "recall": estimate(0.75, 0.6, 0.9)},
        "baseline": {"accuracy": estimate(0.8, 0.75, 0.85)},
        "residuals": {"quantiles": {"0.25": -21.18, "0.75": 26.9}},
    }
    assert plain.meaning(evidence) == [
        "Of 100 new cases it gets 85 (81 to 89) right. Always giving the most usual answer gets 80 right.",
        "Of 100 cases where Churn is yes it finds 75 (60 to 90).",
        "Half of the time the truth lies between 21 below and 27 above the answer.",
    ]


def test_a_share_that_is_nearly_all_is_not_all():
    evidence = {"task": {"classes": ["no", "yes"]}, "test": {"recall": estimate(0.996, 0.99, 0.999)}}
    assert plain.meaning(evidence) == ["Of 100 cases where the target is yes it finds >99 (99 to >99)."]


def test_only_columns_that_matter_beyond_chance_drive(income):
    names = [item["column"] for item in words.drivers(income, 20)]
    assert names[0] == "age"
    assert "native_country" not in names


def test_the_refit_is_said_plainly(income, bikes):
    assert "byte for byte" in words.refit_line(income)
    assert "refitted on all 2,182 rows" in words.refit_line(bikes)


def test_a_metric_of_another_version_keeps_its_id():
    assert metric_title("no_such_metric") == "no such metric"
    assert metric_says("no_such_metric") == ""


def test_lines_about_split_and_budget(income):
    assert words.split_line(income).startswith("4,496 rows to learn from, 1,500 rows sealed")
    assert words.budget_line(income).startswith("Training took 29 s of 30 s allowed: ")
    assert (
        words.budget_line({"budget": {"max_trials": 7}})
        == "Training was measured in work, not in time, for 7 trials."
    )
