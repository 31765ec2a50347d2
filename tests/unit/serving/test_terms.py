"""A model follows another only where clients do not notice."""

from __future__ import annotations

import copy

import pytest

from mlwright.serving.build import open_scorer
from mlwright.serving.settings import Settings
from mlwright.serving.terms import TermsError, check_terms, terms_of

FIRST = {
    "target": "sold",
    "answers": ["no", "yes"],
    "filters": [],
    "attributes": [],
    "decisions": True,
    "intervals": True,
    "columns": [
        {"name": "size", "kind": "number", "date_format": "", "decimal": ".", "thousands": ""},
        {"name": "built", "kind": "datetime", "date_format": "%d.%m.%Y", "decimal": ".", "thousands": ""},
    ],
}


def changed(**facts):
    return copy.deepcopy(FIRST) | facts


def column(number, **facts):
    found = changed()
    found["columns"][number] |= facts
    return found


def test_the_same_terms_may_follow():
    check_terms(FIRST, changed())


def test_more_answers_than_before_may_follow():
    check_terms(changed(decisions=False, intervals=False), FIRST)


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (changed(target="lost"), "'lost' instead of 'sold'"),
        (changed(answers=["yes", "no"]), "another order: number 1 is 'yes' instead of 'no'"),
        (changed(answers=["no", "perhaps"]), "'yes' is no answer any more, 'perhaps' is new"),
        (
            changed(answers=["no", "yes", "b", "c", "d", "e", "f", "g"]),
            "'b', 'c', 'd', 'e', 'f' and 1 more is new",
        ),
        (changed(answers="a number"), "'a number' instead of 'no', 'yes'"),
        (changed(decisions=False), "it gives no decisions"),
        (changed(intervals=False), "it gives no intervals"),
        (changed(columns=FIRST["columns"][:1]), "does not read 'built'"),
        (changed(columns=FIRST["columns"][::-1]), "another order"),
        (column(0, name="width"), "it reads 'width', which clients do not send"),
        (column(0, kind="category"), "the kind of 'size' is 'category' instead of 'number'"),
        (column(1, date_format=""), "the date_format of 'built' is '' instead of '%d.%m.%Y'"),
        (column(0, decimal=","), "the decimal of 'size' is ',' instead of '.'"),
    ],
)
def test_what_clients_would_notice_may_not_follow(new, says):
    with pytest.raises(TermsError, match=says):
        check_terms(FIRST, new)


def test_true_is_not_one():
    with pytest.raises(TermsError, match="answers"):
        check_terms(changed(answers=[0, 1]), changed(answers=[False, True]))


def test_terms_are_told_as_they_are_written(shop):
    terms = terms_of(open_scorer(shop, Settings()))
    other = copy.deepcopy(terms)
    other["columns"][0]["kind"] = "category"
    with pytest.raises(TermsError, match="is 'category' instead of 'number'"):
        check_terms(terms, other)


def test_messages_never_hold_all_labels():
    many = [f"label {number}" for number in range(10_000)]
    for new in (many[1:], many[::-1], [f"{one}!" for one in many], "a number"):
        with pytest.raises(TermsError) as caught:
            check_terms(changed(answers=many), changed(answers=new))
        assert len(str(caught.value)) < 400


def test_attributes_of_users_may_be_added_and_not_taken_away():
    check_terms(changed(attributes=["age"]), changed(attributes=["sex", "age"]))
    with pytest.raises(TermsError, match="its users have no 'age', which clients may send"):
        check_terms(changed(attributes=["age", "sex"]), changed(attributes=["sex"]))


def test_filters_may_be_added_and_not_taken_away():
    check_terms(changed(filters=["genre"]), changed(filters=["year", "genre"]))
    with pytest.raises(TermsError, match="no 'genre', which clients may filter by"):
        check_terms(changed(filters=["genre", "year"]), changed(filters=["year"]))
