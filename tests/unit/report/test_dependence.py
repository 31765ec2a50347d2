"""How the answer goes with a column, in a sentence and a drawing."""

from __future__ import annotations

import pytest

from mlwright.report.build import build_report
from mlwright.report.dependence import dependence


def followed(places, means, label="yes", kind="number"):
    points = [
        {"at": at, "mean": mean, "low": mean - 0.1, "high": mean + 0.1}
        for at, mean in zip(places, means, strict=True)
    ]
    item = {"column": "<tenure>", "kind": kind, "class": label, "n_rows": 300, "points": points}
    return {"task": {"target": "churn"}, "dependence": [item]}


@pytest.mark.parametrize(
    ("places", "means", "said"),
    [
        (
            [1, 20, 70],
            [0.5, 0.3, 0.2],
            "As <tenure> goes from 1 to 70, the chance that churn is yes falls from 50 % to 20 %",
        ),
        ([1, 20, 70], [0.2, 0.3, 0.5], "rises from 20 % to 50 % on average."),
        ([1, 20, 70, None], [0.2, 0.3, 0.5, 0.1], "rises from 20 % to 50 % on average."),
        ([1, 20, 70, None], [0.28, 0.27, 0.25, 0.9], "90 % where <tenure> is missing, and lowest, 25 %,"),
        ([1, 20, 70, None], [0.5, 0.51, 0.2, 0.1], "falls from 50 % to 20 % on average."),
        (
            [1, 20, 70],
            [0.2, 0.5, 0.3],
            "highest on average, 50 % where <tenure> is 20, and lowest, 20 %, where it is 1.",
        ),
        (
            ["a", "b", None],
            [0.2, 0.5, 0.1],
            "50 % where <tenure> is b, and lowest, 10 %, where it is missing.",
        ),
        ([False, True], [0.2, 0.5], "50 % where <tenure> is true"),
        ([1, 2, 3], [0.3, 0.301, 0.302], "On its own <tenure> hardly moves the chance that churn is yes."),
    ],
)
def test_the_sentence_says_how_the_answer_goes(places, means, said):
    (found,) = dependence(followed(places, means))
    assert said in found["says"]
    assert "<tenure>" not in str(found["chart"])
    assert str(found["chart"]).startswith("<svg")


def test_values_are_told_in_their_own_units():
    (found,) = dependence(followed([1, 2, 3], [100.0, 200.0, 300.0], label=None))
    assert found["says"] == "As <tenure> goes from 1 to 3, the churn rises from 100 to 300 on average."


def test_the_page_shows_it_and_can_do_without(income):
    income.pop("dependence", None)
    assert "How the answer goes with them" not in build_report(income)
    page = build_report({**income, "dependence": followed([1, 20, 70], [0.5, 0.3, 0.2])["dependence"]})
    assert "How the answer goes with them" in page
    assert "&lt;tenure&gt;" in page


def test_small_chances_are_told_with_the_digits_that_tell_them_apart():
    (found,) = dependence(followed(["a", "b"], [0.0031, 0.0012]))
    assert "highest on average, 0.31 % where <tenure> is a, and lowest, 0.12 %" in found["says"]


def test_missing_cells_have_a_line_across():
    (found,) = dependence(followed([1, 20, 70, None], [0.28, 0.27, 0.25, 0.9]))
    assert "missing: 90 %" in str(found["chart"])


def test_it_is_said_that_not_every_value_was_tried():
    evidence = followed(["a", "b", "c"], [0.2, 0.5, 0.4])
    evidence["data"] = {"columns": [{"name": "<tenure>", "n_unique": 152}]}
    (found,) = dependence(evidence)
    assert found["says"].startswith("Of the 3 values of <tenure> that were tried, the chance that churn is")
