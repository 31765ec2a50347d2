"""One evidence in many forms: each whole, none half-written, and what cannot be is refused in words."""

from __future__ import annotations

import errno
import json
import os
import re

import pytest
import yaml

from mlwright.core.errors import UnknownNameError, UsageError
from mlwright.report import pdf, write
from mlwright.report.forms import FORMS, Wishes, make
from mlwright.report.trace import look_up


def front_matter(card):
    return yaml.safe_load(card.split("---\n")[1])


def test_the_card_begins_as_hugging_face_reads_it(income, bikes):
    found = front_matter(make(income, "md", Wishes()))
    assert found["pipeline_tag"] == "tabular-classification"
    assert found["library_name"] == "mlwright"
    (result,) = found["model-index"][0]["results"]
    assert {one["type"]: one["value"] for one in result["metrics"]}["roc_auc"] == income["test"]["roc_auc"][
        "value"
    ]
    assert result["dataset"]["name"] == "adult_sample.csv"
    assert front_matter(make(bikes, "md", Wishes()))["pipeline_tag"] == "tabular-regression"


def test_front_matter_holds_whatever_names_there_are(income):
    income["task"]["target"] = income["name"] = 'a: "b" #\n---\n<script>'
    found = front_matter(make(income, "md", Wishes()))
    assert found["model-index"][0]["name"] == 'a: "b" #\n---\n<script>'


def test_the_numbers_are_the_evidence_and_what_follows_from_it(income):
    found = json.loads(make(income, "json", Wishes()))
    assert found.pop("derived")["confusion"]["right"] == pytest.approx(1274 / 1500)
    assert found == income


def test_slides_are_titles_with_points_behind_tabs(income):
    lines = make(income, "pptx-outline", Wishes()).splitlines()
    assert lines[0].startswith("It ships: ")
    assert all(not line.startswith("\t\t") for line in lines)
    assert sum(line.startswith("\t") for line in lines) > 8
    assert "What to watch" in lines


def test_in_brief_is_one_page(income):
    whole, brief = (make(income, "html", Wishes(is_brief=brief)) for brief in (False, True))
    assert len(brief) < len(whole) / 2
    assert "What to watch" in brief
    assert 'id="data"' not in brief
    assert len(make(income, "md", Wishes(is_brief=True))) < 2_000


@pytest.mark.parametrize("form", [name for name, one in FORMS.items() if not one.has_brief])
def test_what_cannot_be_brief_says_so(income, form):
    with pytest.raises(UsageError, match="Leave --brief out, or choose one of: html, pdf, md"):
        make(income, form, Wishes(is_brief=True))


def test_a_form_that_there_is_not_names_those_that_there_are(income):
    with pytest.raises(UnknownNameError, match="Did you mean 'pdf'"):
        make(income, "pfd", Wishes())


def test_without_a_browser_a_pdf_is_refused_in_words(income, monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match="none was found on this machine"):
        make(income, "pdf", Wishes())


def test_a_browser_that_fails_is_named(income, monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda _: "/bin/false")
    with pytest.raises(UsageError, match=r"/bin/false did not print the report"):
        make(income, "pdf", Wishes())


def test_a_real_browser_prints_it(income):
    paper = make(income, "pdf", Wishes(is_brief=True))
    assert paper.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_a_place_that_there_is_not_is_told_with_what_is_there(income):
    assert look_up(income, "/test/roc_auc/value") == income["test"]["roc_auc"]["value"]
    assert look_up({"a/b": [{"~": 1}]}, "/a~1b/0/~0") == 1
    with pytest.raises(UsageError, match="roc_auc"):
        look_up(income, "/test/auc")
    with pytest.raises(UsageError, match="5 items"):
        look_up({"a": [1] * 5}, "/a/7")


def test_a_place_without_its_slash_is_told_with_it(income):
    with pytest.raises(UsageError, match="such as '/test/roc_auc'"):
        look_up(income, "test/roc_auc")
    with pytest.raises(UsageError, match="there is: a, b"):
        look_up({"a": 1, "b": 2}, "/c")


def test_what_cannot_be_written_is_told_by_name_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    place = tmp_path / "report.html"
    place.write_text("before", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match=r"report\.html' cannot be written: No space left on device"):
            write.write_whole(place, "<p>now</p>")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert place.read_text(encoding="utf-8") == "before"


def test_a_name_may_be_as_long_as_a_file_may_have(tmp_path):
    place = write.write_whole(tmp_path / f"{'a' * 250}.html", "<p>")
    assert place.read_text(encoding="utf-8") == "<p>"
