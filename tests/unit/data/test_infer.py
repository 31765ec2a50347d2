from datetime import date

import numpy as np
import pytest

from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.schema import Kind, Role, Schema
from mlwright.data.infer import infer
from mlwright.data.parse import parse_column
from mlwright.data.raw import Raw


def understand(cells, name="x", **options):
    schema, findings = infer(Raw({name: cells}, len(cells)), **options)
    return schema[name], findings


def rules(findings):
    return [finding.rule for finding in findings]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (np.array([1, 2, 2]), Kind.NUMBER),
        (np.array([0, 1, 0, 1]), Kind.NUMBER),
        (np.array([1.5, np.nan]), Kind.NUMBER),
        ([1, None, 2.5], Kind.NUMBER),
        (["1.5", "2"], Kind.NUMBER),
        (np.array([True, False]), Kind.BOOLEAN),
        ([True, None, False], Kind.BOOLEAN),
        (["True", "false"], Kind.BOOLEAN),
        (["yes", "no"], Kind.CATEGORY),
        (["2024-01-01", "2024-01-02"], Kind.DATETIME),
        ([date(2024, 1, 1), date(2024, 1, 2)], Kind.DATETIME),
        (np.array(["2024-01-01", "NaT", "2024-01-02"], dtype="datetime64[D]"), Kind.DATETIME),
        (["00123", "00456", "10000"], Kind.CATEGORY),
        (["1", "2", "1", "2"], Kind.CATEGORY),
        ([None, None], Kind.CONSTANT),
        ([3, 3], Kind.CONSTANT),
        (["a", "a"], Kind.CONSTANT),
        (["a", None], Kind.CATEGORY),
        ([3, None], Kind.NUMBER),
        ([[1], [2]], Kind.CATEGORY),
        ([f"word{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10]}" for i in range(99)], Kind.STRING),
        ([f"a sentence of many words, {i}" for i in range(99)], Kind.TEXT),
        ([f"K{i}-7" for i in range(99)], Kind.IDENTIFIER),
        (np.arange(1999), Kind.IDENTIFIER),
    ],
)
def test_the_kind_is_found(cells, kind):
    column, _ = understand(cells)
    assert column.kind is kind


def test_everything_measured_is_filled_in():
    column, _ = understand([3, 1, None, 1])
    assert (column.low, column.high, column.n_unique, column.missing_share) == (1, 3, 2, 0.25)
    assert column.is_integer
    column, _ = understand(["b", "a", "b", "c", ""])
    assert column.levels == ("b", "a", "c")
    assert (column.n_unique, column.missing_share) == (3, 0.2)


def test_odd_spellings_are_missing_where_all_else_is_a_number():
    column, findings = understand(["1", "2.5", "-", "NA", " ", "3"])
    assert column.kind is Kind.NUMBER
    assert column.missing == ("-", "na")
    assert column.missing_share == 0.5
    assert rules(findings) == ["missing_spelling"]


def test_only_sure_spellings_are_missing_in_a_category():
    column, findings = understand(["a", "b", "None", "NA", "?", "nan", "unknown", "-"] * 3)
    assert column.missing == ("?", "nan")
    assert set(column.levels) == {"a", "b", "None", "NA", "unknown", "-"}
    assert findings[0].evidence["spellings"] == {"?": 3, "nan": 3}


def test_stray_texts_among_numbers_become_missing_and_are_shown():
    column, findings = understand([*map(str, range(100, 400)), "Lots", "399"])
    assert column.kind is Kind.NUMBER
    assert column.missing == ("lots",)
    assert rules(findings) == ["unparsable_number"]
    assert findings[0].evidence == {"n_cells": 1, "examples": ["Lots"], "rows": [301]}


def test_a_stray_date_among_numbers_becomes_missing():
    column, findings = understand([*map(str, range(100, 400)), date(2024, 1, 1), "399"])
    assert column.missing == ("2024-01-01",)
    assert rules(findings) == ["unparsable_number"]


def test_numbers_written_for_people_are_read():
    column, findings = understand(["1.234,5", "12", "7,25"])
    assert (column.kind, column.decimal, column.thousands) == (Kind.NUMBER, ",", ".")
    assert column.high == 1234.5
    assert rules(findings) == ["number_format"]


def test_dates_that_fit_twice_are_said():
    column, findings = understand(["01/02/2024", "03/04/2024"])
    assert column.date_format == "%m/%d/%Y"
    assert rules(findings) == ["ambiguous_date"]


def test_two_formats_of_dates_are_no_dates():
    column, findings = understand(
        [f"2024-05-{day}" for day in range(10, 31)] + [f"{day}/05/24" for day in range(13, 31)]
    )
    assert column.kind is Kind.CATEGORY
    assert rules(findings) == ["mixed_dates"]


def test_identifiers_constants_and_excluded_columns_are_dropped():
    raw = Raw({"id": np.arange(50), "same": [1] * 50, "out": np.arange(50) % 7, "in": np.arange(50) % 7}, 50)
    schema, findings = infer(raw, exclude=["out"])
    assert [column.name for column in schema.features] == ["in"]
    assert rules(findings) == ["identifier", "constant", "excluded"]
    assert {finding.action for finding in findings} == {"dropped"}


def test_the_target_keeps_its_natural_kind():
    raw = Raw({"id": np.arange(50), "y": np.arange(50), "z": [f"K{i}" for i in range(50)]}, 50)
    assert infer(raw, target="y")[0]["y"].kind is Kind.NUMBER
    assert infer(raw, target="y")[0]["y"].role is Role.TARGET
    assert infer(raw, target="z")[0]["z"].kind is Kind.CATEGORY
    assert infer(raw, roles={"id": Role.FEATURE})[0]["id"].role is Role.FEATURE


def test_roles_are_given_by_name():
    raw = Raw({"who": ["a", "b"], "when": ["2024-01-01", "2024-01-02"], "w": [1, 2], "y": [0, 1]}, 2)
    schema, _ = infer(raw, target="y", roles={"who": Role.GROUP, "when": Role.TIME, "w": Role.WEIGHT})
    assert [column.role for column in schema] == [Role.GROUP, Role.TIME, Role.WEIGHT, Role.TARGET]
    assert Schema.from_json(schema.to_json()) == schema


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "yy"}, MissingColumnError, "'yy' is missing in the data. Did you mean 'y'"),
        ({"exclude": ["q"]}, MissingColumnError, "'q'"),
        ({"roles": {"q": Role.ID}}, MissingColumnError, "'q'"),
        ({"target": "y", "exclude": ["y"]}, UsageError, "both excluded and used as target"),
        ({"roles": {"s": Role.TIME}}, DataError, "'s' cannot tell the time"),
    ],
)
def test_what_cannot_be_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        infer(Raw({"y": [1, 2], "s": ["a", "b"]}, 2), **options)


def test_no_rows_are_refused():
    with pytest.raises(DataError, match="no rows"):
        infer(Raw({"y": []}, 0))


def test_a_wide_table_is_understood_quickly():
    rng = np.random.default_rng(0)
    words = np.array([f"level {i}" for i in range(40)], dtype=object)
    columns = {f"n{i}": rng.normal(size=20_000) for i in range(10)}
    columns |= {f"s{i}": words[rng.integers(0, 40, 20_000)] for i in range(10)}
    schema, _ = infer(Raw(columns, 20_000))
    for column in schema:
        assert len(parse_column(column, columns[column.name])) == 20_000


def test_a_column_of_bytes_that_are_no_text_is_left_out():
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF"
    column, findings = understand([None, *[picture] * 39])
    assert column.role is Role.UNUSED
    assert [(one.rule, one.action, one.evidence["n_bytes"]) for one in findings] == [
        ("binary", "dropped", 10)
    ]
    column, findings = understand(["größer".encode()] * 20 + [b"small"] * 20)
    assert (column.role, set(column.levels)) == (Role.FEATURE, {"größer", "small"})
    assert findings == []
