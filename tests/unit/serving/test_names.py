"""A column may be called anything that a table can call it."""

import json

import pytest

from mlwright.core.schema import Column, Kind
from mlwright.serving.problems import Problem
from mlwright.serving.reader import Reader
from mlwright.serving.settings import Extra, Settings

AWKWARD = ['say "hi"', "back\\slash", "two\nlines", "\x00", "\N{SNOWMAN}", "c0", "", "__class__", "<b>"]


def reader(name, **settings):
    columns = [Column(name=name, kind=Kind.NUMBER), Column(name="other", kind=Kind.CATEGORY)]
    return Reader(columns, Settings(**settings))


@pytest.mark.parametrize("name", AWKWARD)
def test_rows_are_read_under_any_name(name):
    row = {name: 1.5, "other": "x"}
    one, many = reader(name).rows(json.dumps(row).encode()), reader(name).rows(json.dumps([row] * 3).encode())
    assert one.is_single
    assert not many.is_single
    assert reader(name).by_column(one)[name].tolist() == [1.5]
    assert reader(name).by_column(many)["other"].tolist() == ["x"] * 3


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"other": "x"}', "missing_column"),
        ("[]", "shape"),
        ("3", "shape"),
        ("{", "json"),
        ('{"%s": "text", "other": "x"}', "cell"),
        ('{"%s": 1, "other": "x", "more": 1}', "extra_column"),
    ],
)
def test_what_is_refused_does_not_depend_on_the_name(name, body, reason):
    with pytest.raises(Problem) as found:
        reader(name, extra=Extra.REJECT).rows(body.replace("%s", json.dumps(name)[1:-1]).encode())
    assert found.value.reason == reason
