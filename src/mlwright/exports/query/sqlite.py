"""SQLite: values with types of their own, doubles only, NULL for what is not a number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlwright.exports.query.dialect import Dialect, text_literal
from mlwright.exports.query.spelling import CURRENCY, WIDE
from mlwright.exports.query.term import LARGEST_SINGLE, adds_singles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.schema import Column
    from mlwright.exports.query.term import Term

_ALMOST_ONE = "(1.0 - 1.1102230246251565e-16)"
"""The number before 1; as one literal the database may read it as 1."""
_NAMES = ("nan", "inf", "infinity")
_BLANKS = "\t\n\v\f\r"
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
    """Say the number of a text in steps, each a query, as there are no patterns: signs, digits, value."""
    wide = text
    for sign, other in (
        *WIDE.items(),
        *((sign, "$") for sign in CURRENCY[1:]),
        *((one, " ") for one in _BLANKS),
    ):
        wide = f"replace({wide}, {text_literal(sign)}, {text_literal(other)})"
    digits, mark = "'0123456789'", column.thousands
    body, whole = "rtrim(ltrim(w, '+-$ '), '$% ')", "substr(b, 1, length(b) - length(ltrim(b, {signs})))"
    whole = whole.format(signs=f"{digits} || {text_literal(mark)}" if mark else digits)
    steps = (
        f"SELECT {wide} AS w",
        f"SELECT w, {body} AS b",
        # What stands before and after, and where the digits of the whole number end.
        (
            "SELECT b, replace(substr(w, 1, instr(w, b) - 1), ' ', '') AS p, "
            f"replace(substr(w, instr(w, b) + length(b)), ' ', '') AS q, {whole} AS g"
        ),
        f"SELECT b, p, q, g, substr(b, length(g) + 1) AS z, {_ungrouped('g', mark)} AS d",
    )
    source = _nested(steps)
    tail = "z" if column.decimal == "." else f"replace(z, {text_literal(column.decimal)}, '.')"
    is_grouped = (
        f" AND (g = d OR replace(g, {text_literal(mark)}, ',') = printf('%,d', d) AND g NOT GLOB '0*')"
    )
    # Text that is a number in full equals that number; other text is larger than any.
    is_number = (
        "b <> '' AND p IN ('', '+', '-', '$', '+$', '-$', '$+', '$-') AND q IN ('', '$', '%') "
        f"AND d || z GLOB '*[0-9]*' AND NOT z GLOB '*[^0-9{column.decimal}eE+-]*' "
        f"AND CAST(d || {tail} AS NUMERIC) = d || {tail}{is_grouped if mark else ''}"
    )
    found = f"CAST(CASE WHEN instr(p, '-') THEN '-' ELSE '' END || d || {tail} AS REAL)"
    lines = [f"WHEN {is_number} THEN {found}"]
    if column.decimal == ".":
        names = ", ".join(f"'{sign}{name}'" for name in _NAMES for sign in ("", "+", "-"))
        lines.insert(0, f"WHEN lower({text}) IN ({names}) THEN NULL")
    return f"(SELECT CASE {' '.join(lines)} ELSE {failed} END FROM ({source}))"  # noqa: S608 - ours


def _nested(steps: Sequence[str]) -> str:
    """Return queries each of which reads what the one before it gives."""
    source = steps[0]
    for step in steps[1:]:
        source = f"{step} FROM ({source})"
    return source


def _ungrouped(text: str, mark: str) -> str:
    return f"replace({text}, {text_literal(mark)}, '')" if mark else text


def _whole_text(text: str) -> str:
    digits = f"CAST(CAST({text} AS INTEGER) AS TEXT)"
    return f"CASE WHEN {digits} || '.0' = {text} THEN {digits} ELSE {text} END"


def _spelled(text: str, failed: str) -> str:
    """Say the seconds of ISO text in steps: the local time and the rest, fraction and zone, its seconds."""
    day = f"replace(substr({text}, 1, 10), '/', '-')"
    rest = "CASE WHEN substr(r, -4) = ' UTC' THEN substr(r, 1, length(r) - 4) ELSE r END"
    has_fraction = "length(l) = 19 AND r GLOB '[.,][0-9]*'"
    steps = (
        (
            f"SELECT CASE WHEN length({text}) = 10 THEN {day} || ' 00:00:00' "
            f"WHEN substr({text}, 11, 1) NOT IN ('T', ' ') THEN '' "
            f"WHEN substr({text}, 17, 1) = ':' THEN {day} || ' ' || substr({text}, 12, 8) "
            f"ELSE {day} || ' ' || substr({text}, 12, 5) END AS l, "
            f"substr({text}, CASE substr({text}, 17, 1) WHEN ':' THEN 20 ELSE 17 END) AS r"
        ),
        f"SELECT l, {rest} AS r",
        f"SELECT l, r, CASE WHEN {has_fraction} THEN ltrim(substr(r, 2), '0123456789') ELSE r END AS z",
        (
            "SELECT l || substr(':00', 1, 19 - length(l)) AS l, "
            "CAST('0.' || substr(r, 2, max(0, min(6, length(r) - length(z) - 1))) AS REAL) AS f, "
            "ltrim(substr(z, 1, 1)) || substr(z, 2) AS z"
        ),
        "SELECT l, f, z, substr(replace(substr(z, 2), ':', '') || '000000', 1, 6) AS o",
    )
    source = _nested(steps)
    two = "[0-9][0-9]"
    shapes = (two, two * 2, two * 3, f"{two}:{two}", f"{two}:{two}:{two}")
    is_zone = " OR ".join(f"z GLOB '[+-]{shape}'" for shape in shapes)
    # What the database counts on or does not know is not what was written.
    is_date = (
        "l >= '0001' AND strftime('%Y-%m-%d %H:%M:%S', l, '+0 days') = l "
        f"AND (z IN ('', 'Z') OR ({is_zone}) AND o < '24' AND substr(o, 3) < '60' AND substr(o, 5) < '60')"
    )
    zone = "(substr(o, 1, 2) * 3600 + substr(o, 3, 2) * 60 + substr(o, 5)) * (44 - unicode(z))"
    seconds = f"strftime('%s', l) - CASE WHEN z IN ('', 'Z') THEN 0 ELSE {zone} END"
    return f"(SELECT CASE WHEN {is_date} THEN CAST({seconds} AS REAL) + f ELSE {failed} END FROM ({source}))"  # noqa: S608 - ours


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
