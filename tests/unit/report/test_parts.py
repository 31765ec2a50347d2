"""Weak parts and groups in words and on the page."""

from __future__ import annotations

import pytest

from mlwright.report import parts
from mlwright.report.build import build_report
from mlwright.report.card import model_card


def estimate(value, low, high):
    return {"value": value, "low": low, "high": high, "direction": "min"}


SEARCH = {
    "n_tested": 43, "n_rows": 900, "metric": "log_loss", "method": "Holm", "level": 0.05, "why_not": None,
}  # fmt: skip
SLICE = {
    "rule": "plan = 'monthly' and <tenure> <= 6", "columns": ["plan", "<tenure>"], "metric": "log_loss",
    "n": 214, "share": 0.2, "inside": estimate(0.61, 0.52, 0.7), "outside": estimate(0.3, 0.27, 0.33),
    "p_adjusted": 0.001, "is_surprised": True,
}  # fmt: skip


def group(name, selected, found, calibration, off=0):
    rates = {
        "selection_rate": estimate(selected, selected - 0.05, selected + 0.05),
        "true_positive_rate": estimate(found, found - 0.1, found + 0.1),
        "calibration": calibration,
    }
    return {"group": name, "n": 300, "score": estimate(0.9, 0.85, 0.95), "rates": rates, "off": off}


FAIRNESS = {
    "column": "sex", "is_feature": False, "metric": "roc_auc", "n_left_out": 12,
    "groups": [
        group("m", 0.3, 0.6, estimate(-0.04, -0.06, -0.02), off=-1),
        group("f", 0.1, 0.5, estimate(0.021, 0.001, 0.041)),
    ],
    "gaps": {
        "selection_rate": {**estimate(0.2, 0.13, 0.27), "between": ["m", "f"]},
        "true_positive_rate": {**estimate(0.1, 0.0, 0.24), "between": ["m", "f"]},
    },
    "worst": {"group": "f", "score": estimate(0.9, 0.85, 0.95)},
}  # fmt: skip


def test_evidence_of_before_says_nothing_of_parts(income):
    for key in ("slices", "slice_search", "groups", "fairness"):
        income.pop(key, None)
    assert parts.weak_line(income) == ""
    page = build_report(income)
    assert "Parts of the test" not in page
    assert "treated alike" not in page
    assert "Where it is weak" not in model_card(income)


@pytest.mark.parametrize(
    ("search", "slices", "said"),
    [
        (
            SEARCH,
            [],
            "No part is clearly worse than the rest (looked at: 43 parts of at least 30 test rows).",
        ),
        (SEARCH, [SLICE], "43 parts of at least 30 test rows. Of these 1 is clearly worse than the rest"),
        ({**SEARCH, "n_tested": 0}, [], "No part of the test could be looked into"),
        ({**SEARCH, "why_not": "there was no time left"}, [], "not looked for: there was no time left."),
    ],
)
def test_the_line_says_what_was_looked_at(search, slices, said):
    assert said in parts.weak_line({"slice_search": search, "slices": slices})


def test_a_weak_part_is_on_the_page_and_the_card_escaped(income):
    income |= {"slice_search": SEARCH, "slices": [SLICE]}
    page, card = build_report(income), model_card(income)
    assert "plan = &#39;monthly&#39; and &lt;tenure&gt; &lt;= 6" in page
    assert "Too sure of itself?" in page
    assert "on 214 test rows, 0.30 elsewhere." in card


def test_gaps_are_told_in_points_or_as_chance(income):
    income |= {"slice_search": SEARCH, "slices": [], "fairness": [FAIRNESS], "groups": []}
    (told,) = parts.fairness(income)
    label = income["task"]["classes"][-1]
    assert told["says"][:2] == [
        (
            f"It answers {label} in 30 % of cases where sex is m, in 10 % where it is f: "
            "a gap of 20 points (13 to 27)."
        ),
        (
            f"Of rows where income is {label} it finds 60 % where sex is m, 50 % where it is f: "
            "the gap may be chance."
        ),
    ]
    assert told["says"][-1] == "What it says is off, beyond chance, for m (too low)."
    assert told["use"].startswith("The model does not read this column.")
    assert told["rest"] == "12 test rows are in groups too small to be judged."
    page = build_report(income)
    assert "Whether a gap is right is not for a program to say" in page
    assert "## Groups by sex" in model_card(income)


def test_one_group_is_nothing_to_compare(income):
    alone = {**FAIRNESS, "groups": FAIRNESS["groups"][:1], "gaps": {}, "worst": None}
    (told,) = parts.fairness({**income, "fairness": [alone]})
    assert told["says"] == ["There are not two groups of at least 30 test rows to compare."]


def test_groups_that_were_asked_for_have_a_table(income):
    asked = {
        "column": "plan",
        "metric": "roc_auc",
        "groups": [group("gold", 0.1, 0.2, None)],
        "n_left_out": 0,
    }
    page = build_report({**income, "slice_search": SEARCH, "slices": [], "groups": [asked], "fairness": None})
    assert "By plan" in page
    assert "gold" in page


def test_groups_that_are_all_alike_are_not_compared_with_themselves(income):
    alike = {"selection_rate": {**estimate(0.0, 0.0, 0.1), "between": ["m", "m"]}}
    (told,) = parts.fairness({**income, "fairness": [{**FAIRNESS, "gaps": alike}]})
    assert not [sentence for sentence in told["says"] if sentence.startswith("It answers")]
