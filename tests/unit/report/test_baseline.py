"""The report names the rival: a naive forecast where there is one, in every language."""

from __future__ import annotations

import pytest

from mlwright.core.said import SENTENCES
from mlwright.evaluation.naive import RULES
from mlwright.report import baseline, first, plain, words
from mlwright.report.build import build_report
from mlwright.report.card import model_card
from mlwright.report.language import spoken
from mlwright.report.verdict import verdict
from mlwright.report.written import translations

RULE = "the last known value at the same time of the year"
RIVAL = f"{RULE} in the same Industry and State"


def estimate(value, half=1.0):
    return {"value": value, "low": value - half, "high": value + half, "direction": "min"}


def evidence_of(*, gain, series=("Industry", "State")):
    """Return what a training on a panel leaves behind, as far as the first screen reads it."""
    rule = next(rule for rule in RULES if rule.name == "year_ago")
    says = str(rule.older)
    return {
        "name": "retail.csv",
        "task": {"kind": "regression", "target": "turnover", "metric": "mae", "classes": []},
        "data": {"n_rows": 5000, "columns": []},
        "split": {"how": "forward in time", "n_train": 4000, "n_test": 1000, "folds": {"n": 5}},
        "test": {"mae": estimate(42.4 + gain)},
        "baseline": {"mae": estimate(42.4)},
        "baseline_rule": {
            "name": "year_ago", "says": says, "series": list(series), SENTENCES: {"says": {"words": says}},
        },
        "gain": estimate(gain),
        "selection": {},
        "importance": [],
        "leaks": [],
        "findings": [] if gain < -1 else [
            {"rule": "not_better_than_baseline", "severity": "error", "column": "turnover", "message": "No.",
             "evidence": {}, "remedy": "", "action": "kept"},
        ],
        "options": {},
    }  # fmt: skip


def test_the_answer_and_the_verdict_name_what_is_as_good():
    evidence = evidence_of(gain=-0.8)
    assert first.answer(evidence) == f"It does not ship: it is no better than {RIVAL}."
    assert verdict(evidence).reason.endswith(f"not better, beyond chance, than {RIVAL}.")
    assert first.answer(evidence_of(gain=3.0)) == f"It does not ship: it is worse than {RIVAL}."


def test_a_better_model_is_measured_by_the_forecast():
    evidence = evidence_of(gain=-10.0)
    assert (
        first.answer(evidence) == f"It ships: its answers are off by 32.4 on average; {RULE} is off by 42.4."
    )
    assert verdict(evidence).reason.endswith(f"it beats {RIVAL} by more than chance can explain.")
    assert f"; {RULE} gets 42.4." in words.headline(evidence)
    assert (
        plain.meaning(evidence)[0]
        == f"On average its answers are off by 32.4 (31.4 to 33.4); {RULE} is off by 42.4."
    )


def test_one_series_needs_no_name():
    evidence = evidence_of(gain=-0.8, series=())
    assert str(baseline.dull(evidence)) == "the last known value at the same time of the year"


def test_the_picture_and_the_glossary_tell_the_rule():
    page = build_report(evidence_of(gain=-10.0))
    assert "the last known value at the same time of the year" in first.picture(evidence_of(gain=-10.0))[1]
    assert "What anybody would answer who has the table and no model" in page
    assert "ignores every column" not in page
    assert "always giving the same answer" not in page
    assert RIVAL in model_card(evidence_of(gain=-10.0))


def test_german_names_it_too():
    with spoken("de"):
        evidence = evidence_of(gain=-0.8)
        rival = "der letzte bekannte Wert zur selben Zeit des Jahres (je Industry und State)"
        assert first.answer(evidence) == f"Nicht einsetzen: es ist nicht besser als {rival}."
        assert verdict(evidence_of(gain=-10.0)).reason.endswith(f"besser als {rival}.")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_fits_into_a_picture_beside_its_number(rule):
    told = [words for words in (rule.says, rule.older) if words]
    assert max(map(len, [*told, *(translations("de")[words] for words in told)])) <= 52


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_german_words(rule):
    assert {str(words) for words in (rule.says, rule.older) if words} <= set(translations("de"))


@pytest.mark.parametrize("rule", [None, 3, [], {}, {"name": "x"}, {"says": "x", "series": None}])
def test_a_stranger_s_rule_breaks_nothing(rule):
    evidence = evidence_of(gain=-10.0) | {"baseline_rule": rule}
    assert first.answer(evidence)
    assert words.headline(evidence)
