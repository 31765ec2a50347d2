"""DuckDB: single precision of its own, regular expressions, errors with a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.exports.query.dialect import Dialect, single_text, text_literal
from mlwright.exports.query.spelling import (
    FRACTION,
    LOCAL,
    MOMENT,
    NOT_FINITE,
    OFFSET,
    PLAIN,
    REST,
    WIDE,
    in_class,
    pattern,
)
from mlwright.exports.query.term import LARGEST_SINGLE

if TYPE_CHECKING:
    from mlwright.core.schema import Column
    from mlwright.exports.query.term import Term


def _single(x: str, term: Term) -> str:
    rounded = f"CAST(CAST({x} AS FLOAT) AS DOUBLE)"
    if max(-term.low, term.high) < LARGEST_SINGLE:
        return rounded
    return f"CASE WHEN abs({x}) < {LARGEST_SINGLE!r} THEN {rounded} ELSE {x} * CAST('inf' AS DOUBLE) END"


def _forest(before: str, trees: list[str]) -> str:
    parts = ([f"CAST({before} AS FLOAT)"] if before else []) + [f"CAST({tree} AS FLOAT)" for tree in trees]
    total = "\n    + ".join(parts)
    return f"CAST({total} AS DOUBLE)"


def _leaf(value: float) -> str:
    text = single_text(value)
    return text if "e" in text else f"{text}e0"


def _number(text: str, column: Column, failed: str) -> str:
    wide = f"translate({text}, {text_literal(''.join(WIDE))}, {text_literal(''.join(WIDE.values()))})"
    rest = text_literal(in_class(REST + column.thousands))
    kept = f"regexp_replace({wide}, {rest}, '', 'g')"
    general = text_literal(pattern(column.decimal, column.thousands))
    lines = []
    if column.decimal == ".":
        lines.append(f"WHEN regexp_full_match({text}, {text_literal(PLAIN)}) THEN CAST({text} AS DOUBLE)")
        lines.append(f"WHEN regexp_full_match(lower({text}), {text_literal(NOT_FINITE)}) THEN NULL")
    else:
        kept = f"replace({kept}, {text_literal(column.decimal)}, '.')"
    lines.append(f"WHEN regexp_full_match({wide}, {general}) THEN CAST({kept} AS DOUBLE)")
    return f"CASE {' '.join(lines)} ELSE {failed} END"


def _whole_text(text: str) -> str:
    return f"regexp_replace({text}, '^(-?[1-9][0-9]*|0)[.]0$', '\\1')"


def _spelled(text: str, failed: str) -> str:
    def part(regex: str) -> str:
        return f"regexp_extract({text}, {text_literal(regex)}, 1)"

    local = f"replace(regexp_extract({text}, {text_literal(LOCAL)}), '/', '-')"
    hours, minutes, seconds = (f"coalesce(TRY_CAST({part(one)} AS BIGINT), 0)" for one in OFFSET)
    micros = (
        f"(epoch_us(CAST({local} AS TIMESTAMP)) + CAST(rpad({part(FRACTION)}, 6, '0') AS BIGINT) "
        f"- CASE WHEN regexp_matches({text}, ':.*-') THEN -1000000 ELSE 1000000 END "
        f"* ({hours} * 3600 + {minutes} * 60 + {seconds}))"
    )
    return (
        f"CASE WHEN regexp_full_match({text}, {text_literal(MOMENT)}) AND left({text}, 4) <> '0000' "
        f"THEN {_seconds(micros)} ELSE {failed} END"
    )


def _seconds(micros: str) -> str:
    rest = f"((({micros} % 1000000) + 1000000) % 1000000)"
    return f"CAST(({micros} - {rest}) // 1000000 AS DOUBLE) + CAST({rest} AS DOUBLE) / 1e6"


_MICROS = (
    "(CASE WHEN typeof({x}) = 'TIMESTAMP WITH TIME ZONE' THEN epoch_us(CAST({x} AS TIMESTAMPTZ)) "
    "WHEN isfinite(CAST({x} AS TIMESTAMP)) THEN epoch_us(CAST({x} AS TIMESTAMP)) END)"
)

# IN, and what the planner takes for IN, would become a join wherever it has more than a few values.
_AMONG = "list_position([{values}], {x}) IS NOT NULL"

DUCKDB = Dialect(
    name="duckdb",
    title="DuckDB",
    needs=("DuckDB 1.2 or newer.",),
    double="DOUBLE",
    whole="BIGINT",
    text="VARCHAR",
    exponent=True,
    quoted=False,
    infinity="CAST('inf' AS DOUBLE)",
    no_nan="nullif({x}, CAST('nan' AS DOUBLE))",
    whole_div="//",
    extreme=None,
    arrays=False,
    # Else expressions of many stages are set up at once, with room for 2,048 rows each.
    fenced="AS MATERIALIZED ({query})",
    most_columns=10_000,
    # The time to plan grows faster than a column does, and with each stage: measured, this is best.
    portion=(50, 1_000),
    most_nested=100,
    most_bytes=32_000_000,  # of 58 MB one took more than 20 GB of memory
    single=_single,
    forest=_forest,
    leaf=_leaf,
    more_leaf=_leaf,
    among=_AMONG,
    among_keys=_AMONG,
    or_null="({x} IS NULL OR {asked})",
    sign="chr({x})",
    is_text="(typeof({x}) = 'VARCHAR' OR typeof({x}) LIKE 'ENUM%')",
    cast="CAST({x} AS DOUBLE)",
    trimmed="trim(CAST({x} AS VARCHAR), s.spaces)",
    lowered="translate({x}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ\u212a', 'abcdefghijklmnopqrstuvwxyzk')",
    whole_text=_whole_text,
    number=_number,
    moment=_seconds(_MICROS),
    spelled=_spelled,
    fail=lambda message, text: f"error({text_literal(message)} || {text})",
)
"""What `--dialect duckdb` writes."""
