"""What training wrote is said in the language of the report, with the values that stand in the evidence."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

import mlwright
from mlwright.core.said import said, spelled
from mlwright.core.shelves import RULES, TASKS
from mlwright.report.build import build_report
from mlwright.report.language import ENGLISH, languages, spoken
from mlwright.report.text import Figure, Foreign
from mlwright.report.trace import traced
from mlwright.report.written import named, translations, written

HOME = Path(mlwright.__file__).parent
OTHERS = [code for code in languages() if code != ENGLISH]


def holes(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def has_letters(sentence):
    return any(letter.isalpha() for words, *_ in Formatter().parse(sentence) for letter in words)


def choices(node):
    return choices(node.body) + choices(node.orelse) if isinstance(node, ast.IfExp) else [node]


@pytest.fixture(scope="module")
def code():
    """Return what the code says, and all its texts."""
    told, texts = set(), set()
    for path in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said":
                for one in choices(node.args[0]):
                    assert isinstance(one, ast.Constant), f"{path}: said({ast.unparse(one)})"
                    told.add(one.value)
    return {one for one in told if has_letters(one)}, texts


def charges():
    rules = [RULES.get(name) for name in RULES.names()]
    return {words for rule in rules for words in (rule.title, rule.says)}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_words_for_everything_that_is_said_and_for_nothing_else(code, language):
    known, (told, texts) = translations(language), code
    assert told - set(known) == set()
    assert (charges() | set(TASKS.names())) - set(known) == set()
    assert set(known) - texts - set(TASKS.names()) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_no_value_is_lost_or_made_up(language):
    wrong = {words: other for words, other in translations(language).items() if holes(words) != holes(other)}
    assert wrong == {}


def one(**told):
    return traced({"findings": [spelled(told)]})["findings"][0]


def test_values_keep_their_places_and_take_the_marks_of_the_language():
    share = {"inside": 0.1234, "label": "yes", "outside": 0.5}
    finding = one(
        message=said(
            "It is empty in {inside:.1%} of the rows that are {label!r}, and in {outside:.1%} of the others.",
            **share,
        )
    )
    with spoken("de"):
        told = written(finding, "message")
    assert told == "Leer ist sie in 12,3 % der Zeilen, die „yes“ sind, und in 50,0 % der anderen."
    figures = [part for part in told.parts if isinstance(part, Figure)]
    assert [figure.at for figure in figures] == [
        f"/findings/0/sentences/message/values/{name}" for name in ("inside", "outside")
    ]
    assert str(written(finding, "message")) == (
        "It is empty in 12.3 % of the rows that are 'yes', and in 50.0 % of the others."
    )


def test_a_metric_has_its_name_in_the_language():
    finding = one(
        message=said("Alone it gets {metric} {alone}.", metric="Log loss", alone=said("{n:.3g}", n=0.5))
    )
    with spoken("de"):
        assert written(finding, "message") == "Allein erreicht sie Log-Verlust 0,5."


def test_what_nobody_has_words_for_stays_english_and_is_marked():
    finding = one(message=said("Column {column} smells of {n} fish.", column="a<b", n=3), remedy="Wash it.")
    with spoken("de"):
        told = written(finding, "message")
        assert str(told) == "Column a<b smells of 3 fish."
        assert [part for part in told.parts if isinstance(part, Foreign)]
        assert '<span lang="en">Column </span>a&lt;b' in told.__html__()
        assert written(finding, "remedy").__html__() == '<span lang="en">Wash it.</span>'
    assert "<span" not in written(finding, "message").__html__()


def test_old_evidence_is_said_as_far_as_its_words_are_known():
    finding = {"message": "The column is not used, as asked for.", "remedy": "Only 3 rows were there."}
    with spoken("de"):
        assert written(finding, "message") == "Die Spalte wird nicht benutzt, wie verlangt."
        assert written(finding, "remedy") == "Only 3 rows were there."
        assert written(finding, "why") == ""


def test_names_in_the_data_are_left_alone():
    with spoken("de"):
        assert named({"group": "no"}, "group").__html__() == "no"
        assert named(spelled({"group": said("missing")}), "group") == "fehlt"


@pytest.mark.parametrize("words", ["{n:>999999999}", "{n.__class__}", "{n:{n}}", "{x}"])
def test_words_of_a_stranger_can_do_nothing(words):
    finding = {"message": "x", "sentences": {"message": {"words": words, "values": {"n": 3}}}}
    assert len(written(finding, "message")) < 100


@pytest.mark.parametrize(
    "made", ["x", 3, {"words": "{n}", "values": [3]}, {"words": None}, {"values": {"n": "{n}"}}]
)
def test_parts_of_a_stranger_can_be_anything(made):
    assert isinstance(str(written({"message": "x", "sentences": {"message": made}}, "message")), str)


@pytest.mark.parametrize("name", ["income", "bikes"])
def test_a_report_of_new_evidence_holds_no_english(name, request):
    evidence = request.getfixturevalue(name)
    evidence["findings"] = [
        spelled({**evidence["findings"][0], "message": said("Every cell is missing."), "remedy": ""})
    ]
    evidence["decisions"], evidence["leaks"] = [], []
    assert "Jede Zelle ist leer." in build_report(evidence, language="de")


@pytest.mark.parametrize(("language", "told"), [(ENGLISH, "6,573 to 25,560"), ("de", "6.573 bis 25.560")])
def test_the_ends_of_a_range_are_numbers_as_people_read_them(language, told):
    holder = spelled({"slice": said("{low:.4g} to {high:.4g}", low=6573.2, high=25557.0)})
    years = spelled({"slice": said("{low:.4g} to {high:.4g}", low=1990.0, high=2015.0)})
    small = spelled({"slice": said("{low:.4g} to {high:.4g}", low=4.681, high=9.254)})
    with spoken(language):
        assert named(holder, "slice") == told
        assert named(years, "slice").startswith("1990 ")
        assert "2015" in named(years, "slice")
        assert named(small, "slice").replace(",", ".").startswith("4.681 ")


@pytest.mark.parametrize("language", languages())
def test_a_name_that_follows_an_option_can_be_copied_into_a_terminal(language):
    words = "If it is known when a prediction is made, use --vouch {column!r}."
    holder = spelled({"remedy": said(words, column="it's boat")})
    with spoken(language):
        assert """--vouch 'it'"'"'s boat'""" in written(holder, "remedy")
