"""Sentences of the evidence: one text, and beside it the words and the values that it was made of."""

from __future__ import annotations

import copy
import json

import numpy as np

from mlwright.core.finding import Finding, Severity
from mlwright.core.said import one_after_the_other, said, spelled


def test_a_sentence_is_a_text():
    told = said("{n:,} rows have no {what!r}.", n=1234, what="time")
    assert told == "1,234 rows have no 'time'."
    assert json.dumps(told) == "\"1,234 rows have no 'time'.\""
    assert copy.deepcopy(told) == told


def test_large_numbers_of_few_digits_are_written_out():
    assert said("{n:.3g} and {m:.15g}", n=31413.01, m=1234567.0) == "31,400 and 1234567"
    assert said("{n:.3g}, {m:.3g}", n=1.5e-7, m=2e300) == "1.5e-07, 2e+300"


def test_its_parts_stand_beside_it():
    why = said("{share:.0%} of {what}", share=np.float64(0.5), what=said("rows"))
    found = spelled({"why": why, "name": "rows", "more": [{"why": said("so")}]})
    assert found == {
        "why": "50% of rows",
        "name": "rows",
        "more": [{"why": "so", "sentences": {"why": {"words": "so"}}}],
        "sentences": {
            "why": {"words": "{share:.0%} of {what}", "values": {"share": 0.5, "what": {"words": "rows"}}}
        },
    }
    assert type(found["why"]) is str
    json.dumps(found)


def test_what_is_no_number_becomes_null():
    told = spelled({"why": said("{n:.2f}", n=float("nan"))})
    assert told["sentences"]["why"]["values"] == {"n": None}


def test_sentences_follow_each_other():
    told = one_after_the_other([said("A {n}.", n=1), "", "B."])
    assert told == "A 1. B."
    assert spelled({"x": told})["sentences"]["x"]["values"] == {
        "part_0": {"words": "A {n}.", "values": {"n": 1}},
        "part_1": "B.",
    }
    assert one_after_the_other(["", ""]) == ""


def test_a_finding_brings_the_parts_of_its_sentences():
    found = Finding(rule="few", severity=Severity.NOTE, message=said("Only {n} rows.", n=3), remedy="More!")
    assert found.to_json()["message"] == "Only 3 rows."
    assert found.to_json()["sentences"] == {"message": {"words": "Only {n} rows.", "values": {"n": 3}}}
