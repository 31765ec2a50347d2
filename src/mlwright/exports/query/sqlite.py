"""SQLite: values with types of their own, doubles only, NULL for what is not a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.exports.query.dialect import Dialect, text_literal
from mlwright.exports.query.spelling import CURRENCY, WIDE
from mlwright.exports.query.term import LARGEST_SINGLE

if TYPE_CHECKING:
    from mlwright.core.schema import Column
    from mlwright.exports.query.term import Term


def _magnet(x: str) -> str:
    """Return what rounds x to 24 bits when it is added and taken away again.

    It is 1.5 * 2^29 times the leading bit of x, so that the sum has no place for more bits; the last
    one is rounded to even, as by hardware. Below the smallest normal number the places stay where they are.
    Source: Rump, Ogita and Oishi 2008, Accurate floating-point summation part I, algorithm 3.5.
    """
    lead = f"abs(4503599627370497.0 * {x} - 4503599627370497.0 * {x} * 0.99999999999999988898)"
    return f"max({lead}, 1.1754943508222875e-38) * 805306368.0"


def _single(x: str, term: Term) -> str:
    rounded = f"({x} + {_magnet(x)}) - {_magnet(x)}"
    if max(-term.low, term.high) < LARGEST_SINGLE:
        return f"({rounded})"
    return f"CASE WHEN abs({x}) < {LARGEST_SINGLE!r} THEN {rounded} ELSE {x} * 9e999 END"


def _forest(before: str, trees: list[str]) -> str:
    # A query without FROM is not merged into the one around it: its sum is computed once.
    found = before
    for tree in trees:
        total = f"{found} + {tree}" if found else tree
        rounded = f"(x + {_magnet('x')}) - {_magnet('x')}"
        found = f"(SELECT {rounded} FROM (SELECT {total} AS x))"  # noqa: S608 - expressions of ours
    return found


def _number(text: str, column: Column, failed: str) -> str:
    kept = text
    for sign in (*WIDE, *CURRENCY, "%", "+", " ", *column.thousands):
        other = WIDE.get(sign, "")
        kept = f"replace({kept}, {text_literal(sign)}, {text_literal(other.strip())})"
    lines = []
    if column.decimal == ".":
        kept = f"replace({kept}, 'E+', 'e')"
        spellings = ", ".join(
            f"'{sign}{name}'" for name in ("nan", "inf", "infinity") for sign in ("", "+", "-")
        )
        lines.append(f"WHEN lower({text}) IN ({spellings}) THEN NULL")
    else:
        if column.thousands != ".":
            lines.append(f"WHEN instr({text}, '.') THEN {failed}")
        kept = f"replace({kept}, {text_literal(column.decimal)}, '.')"
    # Text that is a number in full equals that number; other text is larger than any.
    is_number = (
        f"{kept} GLOB '*[0-9]*' AND NOT {kept} GLOB '*[^0-9.eE-]*' AND CAST({kept} AS NUMERIC) = {kept}"
    )
    lines.append(f"WHEN {is_number} THEN CAST({kept} AS REAL)")
    return f"CASE {' '.join(lines)} ELSE {failed} END"


def _whole_text(text: str) -> str:
    digits = f"CAST(CAST({text} AS INTEGER) AS TEXT)"
    return f"CASE WHEN {digits} || '.0' = {text} THEN {digits} ELSE {text} END"


def _spelled(text: str, failed: str) -> str:
    """Say the seconds of ISO text; the database counts in milliseconds, so fractions are added by us."""
    clean = f"replace({text}, ' UTC', 'Z')"
    after = f"ltrim(substr({clean}, 21), '0123456789')"
    rest = f"CASE substr({clean}, 20, 1) WHEN '.' THEN {after} ELSE substr({clean}, 20) END"
    whole = f"strftime('%s', replace(substr({clean}, 1, 10), '/', '-') || substr({clean}, 11, 9) || {rest})"
    digits = f"substr({clean}, 21, 6)"
    micros = (
        f"CAST('0.' || substr({digits}, 1, length({digits}) - length(ltrim({digits}, '0123456789'))) AS REAL)"
    )
    part = f"CASE substr({clean}, 20, 1) WHEN '.' THEN {micros} ELSE 0.0 END"
    is_date = f"{clean} GLOB '[0-9][0-9][0-9][0-9][-/][0-9][0-9][-/][0-9][0-9]*'"
    return (
        f"CASE WHEN {is_date} AND {whole} IS NOT NULL THEN CAST({whole} AS REAL) + {part} ELSE {failed} END"
    )


SQLITE = Dialect(
    name="sqlite",
    title="SQLite",
    needs=("SQLite 3.38 or newer, with its mathematical functions (as Debian and Python build it).",),
    double="REAL",
    whole="INTEGER",
    text="TEXT",
    exponent=False,
    infinity="9e999",
    no_nan="{x}",
    whole_div="/",
    extreme=("min", "max"),
    fence=" LIMIT -1 OFFSET 0",
    most_columns=1_900,
    most_trees=2,
    most_bytes=64_000_000,
    single=_single,
    forest=_forest,
    leaf=lambda value: f"({value!r})" if value < 0 else repr(value),
    sign="char({x})",
    is_text="(typeof({x}) IN ('text', 'blob'))",
    cast="CAST({x} AS REAL)",
    trimmed="trim(CAST({x} AS TEXT), s.spaces)",
    lowered="replace(lower({x}), char(8490), 'k')",
    whole_text=_whole_text,
    number=_number,
    moment="CAST({x} AS REAL)",
    spelled=_spelled,
    # A path that is none: the only function that stops a query with a text of ours.
    fail=lambda message, text: f"json_extract('{{}}', {text_literal(message)} || {text})",
)
"""What `--dialect sqlite` writes."""
