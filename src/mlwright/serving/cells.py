"""Cells as JSON brings them: what a column takes, for the decoder, for descriptions and in words.

JSON has types, so cells are held to them: a number is a number, not a text that looks like one, and a date
is written as ISO 8601 has it, unless training saw another way. The three forms say the same; a test holds
them to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from mlwright.core.schema import Kind
from mlwright.serving.problems import Problem

if TYPE_CHECKING:
    from mlwright.core.schema import Column

_YEAR = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][48]|[13579][26]|[2468]0)00)"
_DAY = (
    "((0[13578]|1[02])[-/](0[1-9]|[12][0-9]|3[01])|(0[469]|11)[-/](0[1-9]|[12][0-9]|30)|"
    "02[-/](0[1-9]|1[0-9]|2[0-8]))"
)
_ZONE = "(Z| UTC|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"
_CLOCK = rf"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?{_ZONE})?"
_DATE = f"({_YEAR}[-/]{_DAY}|{_LEAP}[-/]02[-/]29){_CLOCK}"
_IS_DATE = re.compile(_DATE)
_ANY = str | int | float | bool | None
_WANTED = {
    Kind.NUMBER: "a number, or null",
    Kind.BOOLEAN: "true or false, or null",
    Kind.DATETIME: "a date such as 2024-05-31 or 2024-05-31T08:00:00.123456 (six digits at most), or null",
}
_MOST_SHOWN = 60


def decoded_type(column: Column) -> Any:
    """Return the type that msgspec decodes cells to; null is None."""
    if column.kind is Kind.NUMBER:
        return float | None
    if column.kind is Kind.BOOLEAN:
        return bool | None
    if column.kind is not Kind.DATETIME:
        return _ANY
    if column.date_format:
        return str | None
    return Annotated[str, msgspec.Meta(pattern=rf"\A{_DATE}\Z")] | None


def json_shape(column: Column) -> dict[str, Any]:
    """Return the JSON Schema of cells."""
    if column.kind is Kind.NUMBER:
        return {"type": ["number", "null"]}
    if column.kind is Kind.BOOLEAN:
        return {"type": ["boolean", "null"]}
    if column.kind is not Kind.DATETIME:
        return {"type": ["string", "number", "boolean", "null"]}
    if column.date_format:
        return {"type": ["string", "null"]}
    return {"type": ["string", "null"], "pattern": f"^{_DATE}$"}


def checked(column: Column, row: int, cell: Any) -> Any:
    """Return a decoded cell, numbers as floats; raise a problem (422) if the column does not take it."""
    kind, known = column.kind, type(cell)
    if cell is None or (kind is Kind.BOOLEAN and known is bool):
        return cell
    if kind is Kind.NUMBER and known in (int, float):
        try:
            return float(cell)
        except OverflowError:
            raise cell_problem(column, row, cell) from None
    if kind is Kind.DATETIME and known is str and (column.date_format or _IS_DATE.fullmatch(cell)):
        return cell
    if kind not in _WANTED and known in (str, bool, int, float):
        return cell
    raise cell_problem(column, row, cell)


def cell_problem(column: Column, row: int, cell: object) -> Problem:
    """Say what was found in a cell, and what was expected."""
    wanted = _WANTED.get(column.kind, "a text, a number, true or false, or null")
    detail = f"Column {column.name!r}, row {row}: found {shown(cell)}, expected {wanted}."
    terse = f"Column {column.name!r}, row {row} cannot be used."
    return Problem(422, "cell", detail, terse=terse, column=column.name, row=row)


def shown(value: object) -> str:
    """Show a decoded value as it was written, shortly."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
