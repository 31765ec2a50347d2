"""Every number on a page is the one that the evidence holds, and the page says where it stands."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from mlwright.report.build import build_report
from mlwright.report.compare_page import build_comparison
from mlwright.report.data_page import build_data_report
from mlwright.report.derive import complete
from mlwright.report.first import how_good
from mlwright.report.language import catalogue, languages, spoken
from mlwright.report.text import Figure
from mlwright.report.trace import look_up, traced
from mlwright.workflow.profile import profile

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
SILENT = {"style", "code", "time"}
"""Elements whose digits are no numbers of the evidence: fingerprints, commands, dates."""
TICK = {"tick", "axis"}


class Numbers(HTMLParser):
    """Collects what is marked as a number, and the digits that are not."""

    def __init__(self, html):
        super().__init__()
        self.marked, self.loose, self._open = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br"}:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        attributes = self._open[-1][1] if self._open else {}
        inside = {name for name, _ in self._open} | {
            one for _, found in self._open for one in (found.get("class") or "").split()
        }
        if "data-at" in attributes:
            self.marked.append((data, attributes))
        elif re.search(r"\d", data) and not inside & (SILENT | TICK | {"title", "desc"}):
            self.loose.append(data.strip())


def amount(text, language):
    """Read what a person reads, and how far it may be from the truth for having been rounded."""
    marks = catalogue(language)
    text = text.replace("\N{MINUS SIGN}", "-").replace(marks["marks.thousands"], "")
    text = text.replace(marks["marks.decimal"], ".")
    found = re.findall(r"([+-]?\d+(?:\.(\d+))?(?:e[+-]\d+)?)\s*(h|min|s)?\b", text)
    value = sum(float(digits) * SECONDS.get(unit, 1.0) for digits, _, unit in found)
    last = found[-1]
    step = 10.0 ** -len(last[1]) * SECONDS.get(last[2], 1.0)
    return value, step


def is_right(text, attributes, evidence, language):
    exact, per = (
        float(attributes.get("data-value") or attributes["value"]),
        float(attributes.get("data-per", 1)),
    )
    there = look_up(evidence, attributes["data-at"])
    there = len(there) if isinstance(there, list) else there
    if abs(abs(exact) - abs(there)) > 1e-9 * max(1.0, abs(there)):
        return False
    value, step = amount(text, language)
    shown = exact * per
    if "<" in text:
        return 0 < shown < value
    if ">" in text:
        return value < shown
    slack = max(0.5001 * step, 0.0051 * abs(shown) if "e" in text else 0.0)
    if step == 1 and value >= 100 and value % 10 == 0:  # two digits are all that a sentence needs
        slack = max(slack, 0.5001 * 10 ** (len(f"{value:.0f}") - 2))
    if step > 1:  # hours and minutes
        slack = step
    return abs(abs(value) - abs(shown)) <= slack


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ["income", "bikes"])
def test_every_number_is_that_of_the_evidence(name, language, request):
    evidence = complete(request.getfixturevalue(name))
    page = Numbers(build_report(evidence, language=language))
    wrong = [one for one in page.marked if not is_right(*one, evidence, language)]
    assert wrong == []
    assert len(page.marked) > 120


@pytest.mark.parametrize("language", languages())
def test_every_number_of_a_recommender_is_that_of_its_evidence(films, language):
    evidence = complete(films(beside={**films()["ranking"]["beside"], "popularity_lift": 2.0}))
    evidence["data"]["n_rows_used"] = 4_900
    page = Numbers(build_report(evidence, language=language))
    assert [one for one in page.marked if not is_right(*one, evidence, language)] == []
    places = {one["data-at"] for _, one in page.marked}
    assert {"/split/n_test", "/split/n_train", "/data/n_rows_used", "/ranking/users/0/n_users"} <= places


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("saved", [(3.0, -1.0, 7.0), (-3.0, -9.0, 4.0)])
def test_money_keeps_its_place(income, saved, language):
    amount = dict(zip(("value", "low", "high"), saved, strict=True)) | {"direction": "max"}
    income["decision"] = {"against": [{"what": "doing nothing", "per_row": amount}]}
    evidence = traced(complete(income))
    with spoken(language):
        told = [part for part in how_good(evidence)[0].parts if isinstance(part, Figure)]
    ends = ("value", "low", "high") if saved[0] > 0 else ("value", "high", "low")
    assert [one.at for one in told] == [f"/decision/against/0/per_row/{end}" for end in ends]
    assert [one.exact for one in told] == [
        abs(saved[0]),
        *sorted(x if saved[0] > 0 else -x for x in saved[1:]),
    ]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ["income", "bikes"])
def test_no_number_stands_on_a_page_without_its_place(name, language, request):
    evidence = complete(request.getfixturevalue(name))
    page = Numbers(build_report(evidence, language=language))
    known = json.dumps(evidence, ensure_ascii=False)
    literal = " ".join(re.sub(r"\{.*?\}", " ", words) for words in catalogue(language).values())
    metrics = "R² F1 0.5 0"
    for text in page.loose:
        for digits in re.findall(r"\d+(?:[.,]\d+)*", text):
            assert digits in known or digits in literal or digits in metrics, (digits, text)


def test_the_numbers_of_a_data_report_are_those_of_the_profile():
    rows = [
        {"size": n % 97, "kind": "abc"[n % 3], "gap": None if n % 4 else n, "price": 3 * (n % 97) + n % 7}
        for n in range(600)
    ]
    found = profile(rows + rows[:9], "price")
    page = Numbers(build_data_report(found))
    assert [one for one in page.marked if not is_right(*one, found, "en")] == []
    assert len(page.marked) > 20


def test_the_numbers_of_a_comparison_are_those_of_the_verdict():
    score = {"value": 0.8123, "low": 0.79, "high": 0.834, "direction": "max"}
    moved = {"row": 7, "truth": "yes", "old": "no", "new": "yes", "distance": 0.4, "why": [
        {"column": "age", "amount": -0.3219, "value": "31"}
    ]}  # fmt: skip
    found = {
        "verdict": "ship", "why": "better", "metric": "roc_auc", "n_rows": 900, "n_needed": None,
        "old": score, "new": score, "difference": {**score, "value": 0.0213, "low": 0.01, "high": 0.03},
        "changes": {
            "n_rows": 900, "is_value": False, "n_changed": 31, "n_better": 20, "n_worse": 11, "middle": 0.02,
            "where": [{"column": "age", "group": "20 to 30", "n": 61, "distance": 0.123}], "rows": [moved],
            "inputs": {"old": [], "new": ["age"]},
        },
    }  # fmt: skip
    for language in languages():
        html = build_comparison(found, ("old.mlw", "new.mlw", "rows.csv"), language)
        page = Numbers(html)
        assert [one for one in page.marked if not is_right(*one, found, language)] == []
        assert {"/changes/n_better", "/changes/rows/0/why/0/amount"} <= {
            one["data-at"] for _, one in page.marked
        }
