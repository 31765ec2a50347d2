"""Every language says the same things, and nothing is said that no language knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import mlwright.report.language as module
from mlwright.core.errors import UnknownNameError
from mlwright.core.shelves import METRICS
from mlwright.report import judged
from mlwright.report.build import build_report
from mlwright.report.language import ENGLISH, catalogue, languages, say, spoken
from mlwright.report.measures import metric_says, metric_title

HOME = Path(module.__file__).parent
OTHERS = [code for code in languages() if code != ENGLISH]


def holes(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_there_is_a_second_language():
    assert OTHERS


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_the_same_keys_in_the_same_order_with_the_same_holes(code):
    english, other = (
        catalogue(ENGLISH),
        {k: v for k, v in catalogue(code).items() if not k.startswith("metrics.")},
    )
    assert list(english) == list(other)
    assert {key: holes(words) for key, words in english.items()} == {k: holes(w) for k, w in other.items()}


def used():
    """Return the keys that the code and the templates say, and the beginnings of those that they make up."""
    whole, begun = set(), set()
    for path in HOME.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(node.values[0].value)
    for path in (HOME / "templates").glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        whole |= set(re.findall(r'say\("([\w.]+)"(?! ~)', text)) | set(
            re.findall(r'"([a-z_]+\.[a-z_]+)"', text)
        )
        begun |= set(re.findall(r'(?:say|word)\("([\w.]+)" ~', text))
    return whole, begun


def test_every_sentence_is_said_somewhere():
    whole, begun = used()
    some = {key + end for key in whole for end in (".one", ".many")}
    starts = tuple(start for start in begun if "." in start)
    said = {"marks.and", "marks.or", "language"}
    assert [k for k in catalogue(ENGLISH) if k not in whole | some | said and not k.startswith(starts)] == []


def test_every_key_that_a_template_says_is_known():
    for path in (HOME / "templates").glob("*.j2"):
        for key in re.findall(r'say\("([\w.]+)"[,)]', path.read_text(encoding="utf-8")):
            assert key in catalogue(ENGLISH), key


def test_a_report_can_be_had_in_another_language(income, read):
    page = read(build_report(income, language="de"))
    assert "Einsetzen: es liegt in 85 von 100 Fällen richtig" in page
    assert "0,907" in page
    assert "4.496" in page
    assert '<html lang="de">' in build_report(income, language="de")


@pytest.mark.parametrize("code", OTHERS)
def test_every_measure_has_a_name_and_an_explanation_in_every_language(code):
    names = {*METRICS.names()}
    assert {key.split(".")[1] for key in catalogue(code) if key.startswith("metrics.")} == names
    with spoken(code):
        told = [(metric_title(name), metric_says(name)) for name in names]
    assert all(title and says for title, says in told)
    assert not {says for _, says in told} & {METRICS.get(name).says for name in names}


@pytest.mark.parametrize("code", OTHERS)
def test_every_split_of_a_table_has_its_words(code):
    rules = ("stratified", "random", "grouped", "forward in time", "grouped, forward in time", "given")
    with spoken(code):
        assert not {judged.how(rule) for rule in rules} & set(rules)


def test_an_interval_is_written_as_the_language_does(income, read):
    shown = read(build_report(income, language="de"))
    assert re.search(r"ROC-AUC 0,\d+ \( ?0,\d+ bis 0,\d+ ?\) auf", shown)
    assert "zwischen 0," not in shown


def test_the_language_ends_with_the_body():
    with spoken("de"):
        assert say("verdict.bad") == "Nicht einsetzen"
    assert say("verdict.bad") == "Do not ship"


def test_a_language_that_there_is_not_is_refused(income):
    with pytest.raises(UnknownNameError, match="Known: de, en"):
        build_report(income, language="tlh")
