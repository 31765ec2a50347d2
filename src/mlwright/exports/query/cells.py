"""The schema layer in SQL: raw cells, as a database types them, to what the program reads.

Says what `data/parse.py` does to a cell. Two steps, so that long expressions stand once: a cell is taken
either as trimmed text or as a double; then both become the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, final

from mlwright.core.errors import UsageError
from mlwright.core.schema import NUMERIC, Column, Kind
from mlwright.data.dates import END_S, FIRST_S
from mlwright.exports.query.dialect import identifier, text_literal

if TYPE_CHECKING:
    from mlwright.exports.query.dialect import Dialect

_LARGEST = 1.7976931348623157e308
_WHOLE = re.compile(r"-?[1-9][0-9]*|0")
_TINY = re.compile(r"-?[0-9.]+e-[0-9]+")
_NOT_FINITE = ("nan", "inf", "-inf", "infinity", "-infinity")
_MOST_SPELLINGS = 500
_EXPECTED = {
    Kind.NUMBER: "expected a number such as 12.5, or empty; found: ",
    Kind.BOOLEAN: "expected true or false, or empty; found: ",
    Kind.DATETIME: "expected a date such as 2024-05-31 or 2024-05-31 08:00:00, or empty; found: ",
}
_WANTED = {
    Kind.NUMBER: "a number, or text",
    Kind.BOOLEAN: "true or false, 1 or 0, or text",
    Kind.DATETIME: "a date or timestamp, or text such as 2024-05-31 08:00:00",
}


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """Expressions of one column: its `text`, its `number`, and the `value` made of the two.

    `value` reads `{text}` and `{number}`; each of the two is "" where it is not needed.
    """

    text: str
    number: str
    value: str


def cell(column: Column, dialect: Dialect, *, is_read_as_text: bool) -> Cell:
    """Say how a column is read.

    Raises
    ------
    UsageError
        Its texts are folded in a way that SQL cannot say, or its levels are numbers that it writes otherwise.
    """
    raw = f"r.{identifier(column.name)}"
    if is_read_as_text:
        return _text(column, dialect, raw)
    text = f"CASE WHEN {dialect.is_text.format(x=raw)} THEN {dialect.trimmed.format(x=raw)} END"
    if column.kind is Kind.BOOLEAN:
        # As text whatever its type: not every database casts truths to numbers.
        text = f"CASE WHEN {raw} IS NOT NULL THEN {dialect.trimmed.format(x=raw)} END"
        return Cell(text, "", _truth(column, dialect))
    is_date = column.kind is Kind.DATETIME
    typed = (dialect.moment if is_date else dialect.cast).format(x=raw)
    number = f"CASE WHEN NOT {dialect.is_text.format(x=raw)} THEN {typed} END"
    failed = dialect.fail(_message(column), "{text}")
    spelled = dialect.spelled("{text}", failed) if is_date else dialect.number("{text}", column, failed)
    absent = _absent(column, dialect)
    value = f"CASE WHEN {absent} THEN NULL WHEN {{text}} IS NOT NULL THEN {spelled} ELSE {{number}} END"
    return Cell(text, number, value)


def finite(column: Column, dialect: Dialect, value: str) -> str:
    """Say that what is infinite is missing, and that a date outside of the years 1 to 9999 is none."""
    if column.kind is Kind.DATETIME:
        message = f"{_message(column)}seconds since 1970, outside of the years 1 to 9999: "
        failed = dialect.fail(message, f"CAST({value} AS {dialect.text})")
        return (
            f"CASE WHEN {value} BETWEEN {FIRST_S} AND {END_S} THEN {value} "
            f"WHEN abs({value}) <= {_LARGEST!r} THEN {failed} END"
        )
    # What is 0 in single precision a hundred times over: some databases stop where it would become 0.
    tiny = f"WHEN abs({value}) < {dialect.tiniest!r} THEN 0 " if dialect.tiniest else ""
    return f"CASE {tiny}WHEN abs({value}) <= {_LARGEST!r} THEN {value} END"


def wanted(column: Column) -> str:
    """Say in words what a column should hold."""
    if column.kind not in NUMERIC:
        return "text, or whole numbers"
    if column.kind is Kind.NUMBER and (column.thousands or column.decimal != "."):
        example = f"1{column.thousands}234{column.decimal}5"
        return f"a number, or text such as {example}"
    return _WANTED[column.kind]


def _text(column: Column, dialect: Dialect, raw: str) -> Cell:
    if column.kind in (Kind.STRING, Kind.TEXT):
        message = (
            f"--to sql cannot say how the texts of {column.name!r} are folded into words and signs of lower "
            f"case. Train without: --exclude {column.name!r}."
        )
        raise UsageError(message)
    tiny = next((level for level in column.levels if _TINY.fullmatch(level)), None)
    if tiny is not None:
        message = (
            f"--to sql cannot say the level {tiny!r} of {column.name!r}: databases write such numbers in "
            f"many ways. Give them names before training, or train with --exclude {column.name!r}."
        )
        raise UsageError(message)
    text = dialect.trimmed.format(x=raw)
    # A number that is none is missing; the same word as a text is a level.
    typed = f"NOT {dialect.is_text.format(x=raw)} AND lower({text}) IN {_NOT_FINITE}"
    text = f"CASE {_no_truth(column, dialect, raw, text)}WHEN {typed} THEN NULL ELSE {text} END"
    if any(_WHOLE.fullmatch(level) for level in column.levels):
        text = dialect.whole_text(text)
    absent = spellings(column)
    value = "coalesce({text}, '')"
    if absent:
        known = ", ".join(text_literal(one) for one in absent)
        value = f"CASE WHEN {dialect.lowered.format(x='{text}')} IN ({known}) THEN '' ELSE {value} END"
    return Cell(text, "", value)


def _no_truth(column: Column, dialect: Dialect, raw: str, text: str) -> str:
    """Refuse truths where the model learned other words: readers of CSV make BOOLEAN of Yes and No."""
    if {"true", "false"} & {level.lower() for level in column.levels}:
        return ""
    shown = ", ".join(column.levels[:2])
    message = f'Column "{" ".join(column.name.split())}": expected text such as {shown}; found the BOOLEAN '
    failed = f"CAST({dialect.fail(message, text)} AS {dialect.text})"
    is_truth = f"NOT {dialect.is_text.format(x=raw)} AND lower({text}) IN ('true', 'false')"
    return f"WHEN {is_truth} THEN {failed} "


def _truth(column: Column, dialect: Dialect) -> str:
    failed = dialect.fail(_message(column), "{text}")
    lowered = dialect.lowered.format(x="{text}")
    number = dialect.number("{text}", column, failed)
    truths = f"WHEN {lowered} IN ('true', '1', '1.0') THEN 1 WHEN {lowered} IN ('false', '0', '0.0') THEN 0"
    checked = (
        f"CASE WHEN abs({number}) <= {_LARGEST!r} AND {number} NOT IN (0, 1) THEN {failed} ELSE {number} END"
    )
    return f"CASE WHEN {_absent(column, dialect)} THEN NULL {truths} ELSE {checked} END"


def _absent(column: Column, dialect: Dialect) -> str:
    if not column.missing:
        return "{text} = ''"
    known = ", ".join(text_literal(one) for one in ["", *spellings(column)])
    return f"{dialect.lowered.format(x='{text}')} IN ({known})"


def spellings(column: Column) -> list[str]:
    """Return every text that, its ASCII letters in lower case, is one of those that mean "no value".

    Raises
    ------
    UsageError
        There are too many.
    """
    found: list[str] = []
    for one in column.missing:
        ways = [[sign] if sign.isascii() else sorted(_upper(sign)) for sign in one]
        found += ["".join(way) for way, _ in zip(product(*ways), range(_MOST_SPELLINGS + 1), strict=False)]
        if len(found) > _MOST_SPELLINGS:
            message = (
                f"--to sql cannot say that {one!r} in {column.name!r} is no value: it can be written in too "
                f"many ways, upper and lower case. Empty these cells before training."
            )
            raise UsageError(message)
    return found


def _upper(sign: str) -> set[str]:
    return {sign} | {chr(point) for point in range(128, 0x30000) if chr(point).lower() == sign}


def _message(column: Column) -> str:
    shown = " ".join(column.name.split())
    return f'Column "{shown}": {_EXPECTED[column.kind]}'
