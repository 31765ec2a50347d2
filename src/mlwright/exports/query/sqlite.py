"""SQLite: values with types of their own, doubles only, NULL for what is not a number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlwright.exports.query.dialect import Dialect, text_literal
from mlwright.exports.query.spelling import CURRENCY, WIDE
from mlwright.exports.query.term import LARGEST_SINGLE, adds_singles

if TYPE_CHECKING:
    from mlwright.core.schema import Column
    from mlwright.exports.query.term import Term

_ALMOST_ONE = "(1.0 - 1.1102230246251565e-16)"
"""The number before 1; as one literal the database may read it as 1."""
_WAYS = 16
"""Cases at once on the way to a tree."""


def _single(x: str, term: Term) -> str:
    if adds_singles(term):
        rounded = _rounded_sum(x)
    else:
        # Below the smallest normal number the places stay where they are.
        magnet = f"max(abs({_lead(x)}), 1.1754943508222875e-38) * 805306368.0"
        rounded = f"(({x} + {magnet}) - {magnet})"
    if max(-term.low, term.high) < LARGEST_SINGLE:
        return rounded
    return f"CASE WHEN abs({x}) < {LARGEST_SINGLE!r} THEN {rounded} ELSE {x} * 9e999 END"


def _rounded_sum(x: str) -> str:
    """Round to 24 bits what two singles add up to; below the smallest normal number it has no more.

    2^29 times the leading bit of x is added and taken away again: the sum has no place for more bits, and
    the last one is rounded to even, as by hardware. Three halves of it would do for any x.
    Source: Rump, Ogita and Oishi 2008, Accurate floating-point summation part I, algorithm 3.5.
    """
    return f"(({x} + {_lead(x)} * 536870912.0) - {_lead(x)} * 536870912.0)"


def _lead(x: str) -> str:
    """Say the power of two that the leading bit of x stands for, with the sign of x."""
    return f"(4503599627370497.0 * {x} - 4503599627370497.0 * {x} * {_ALMOST_ONE})"


def _forest(before: str, trees: list[str]) -> str:
    """Add trees in a loop: the database refuses sums that are nested so deep.

    A query inside a query takes places on the parser's stack, which has 100, and every common table
    expression adds the height of its expressions to a sum that may not exceed 1,000.
    """
    total, count = _rounded_sum("total"), len(trees)
    levels = max(1, math.ceil(math.log(count, _WAYS)))
    return (
        f"(WITH RECURSIVE added(n, total) AS (SELECT 0, {before or '0.0'} UNION ALL\n"  # noqa: S608 - ours
        f"    SELECT n + 1, {total} + {_nth(trees, _WAYS**levels)}\n"
        f"    FROM added WHERE n < {count}) SELECT {total} FROM added WHERE n = {count})"
    )


def _nth(trees: list[str], most: int) -> str:
    """Choose the tree with the number n among so many at most, digit by digit."""
    if most == 1:
        return trees[0]
    part = most // _WAYS
    parts = [trees[start : start + part] for start in range(0, len(trees), part)]
    cases = "".join(f"\n    WHEN {digit} THEN {_nth(some, part)}" for digit, some in enumerate(parts))
    return f"CASE n / {part} % {_WAYS}{cases} END"


def _leaf(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)


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
    quoted=False,
    infinity="9e999",
    no_nan="{x}",
    whole_div="/",
    extreme=("min", "max"),
    arrays=False,
    fenced="AS ({query} LIMIT -1 OFFSET 0)",
    most_columns=1_900,
    portion=None,
    most_nested=6,
    most_bytes=64_000_000,
    single=_single,
    forest=_forest,
    leaf=_leaf,
    more_leaf=_leaf,
    among="{x} IN ({values})",
    among_keys="{x} IN ({values})",
    or_null="({x} IS NULL OR {asked})",
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
