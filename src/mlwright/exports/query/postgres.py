"""PostgreSQL: arithmetic that stops where IEEE goes on, so what would stop it is asked for before."""

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
from mlwright.exports.query.term import LARGEST_SINGLE, adds_singles

if TYPE_CHECKING:
    from mlwright.core.schema import Column
    from mlwright.exports.query.term import Term

_HALF_OF_SMALLEST = 7.006492321624085e-46
"""Up to here a double is 0 in single precision; PostgreSQL would raise an error."""
_LARGEST = 1.7976931348623157e308
_LONG = "e[+-]?0*[1-9][0-9]{2}|[0-9.]{255}"
"""Numbers that may be larger or smaller than a double: a cast of them may stop the query."""


def _single(x: str, term: Term) -> str:
    rounded = f"{x}::real::float8"
    lines = [] if adds_singles(term) else [f"WHEN abs({x}) <= {_HALF_OF_SMALLEST!r}::float8 THEN 0"]
    if max(-term.low, term.high) >= LARGEST_SINGLE:
        lines.append(f"WHEN abs({x}) >= {LARGEST_SINGLE!r}::float8 THEN {x} * 'Infinity'::float8")
    return f"CASE {' '.join(lines)} ELSE {rounded} END" if lines else rounded


def _forest(before: str, trees: list[str]) -> str:
    parts = ([f"{before}::real"] if before else []) + [f"({tree})::real" for tree in trees]
    total = "\n    + ".join(parts)
    return f"({total})::float8"


def _number(text: str, column: Column, failed: str) -> str:
    wide = f"translate({text}, {text_literal(''.join(WIDE))}, {text_literal(''.join(WIDE.values()))})"
    kept = f"regexp_replace({wide}, {text_literal(in_class(REST + column.thousands))}, '', 'g')"
    lines = []
    if column.decimal == ".":
        lines.append(
            f"WHEN {text} ~ {text_literal(f'^{PLAIN}$')} AND {text} !~* '{_LONG}' THEN {text}::float8"
        )
        lines.append(f"WHEN lower({text}) ~ {text_literal(f'^{NOT_FINITE}$')} THEN NULL")
    else:
        kept = f"replace({kept}, {text_literal(column.decimal)}, '.')"
    general = text_literal(f"^{pattern(column.decimal, column.thousands)}$")
    lines.append(f"WHEN {wide} ~ {general} THEN {_double(kept)}")
    return f"CASE {' '.join(lines)} ELSE {failed} END"


def _double(text: str) -> str:
    """Say the double of a text that is a number; what is too large is missing, what is too small is 0."""
    return (
        f"CASE WHEN {text} !~* '{_LONG}' THEN ({text})::float8 "
        f"WHEN {text} !~ '^-?[0.]*[1-9]' OR {text} ~* 'e-0*[1-9][0-9]{{3}}' THEN 0 "
        f"WHEN {text} ~* 'e0*[1-9][0-9]{{3}}' OR abs(({text})::numeric) > {_LARGEST:.0f} THEN NULL "
        f"WHEN abs(({text})::numeric) > 1e-290 THEN ({text})::float8 ELSE 0 END"
    )


def _whole_text(text: str) -> str:
    return f"regexp_replace({text}, '^(-?[1-9][0-9]*|0)[.]0$', '\\1')"


def _seconds(moment: str) -> str:
    epoch = f"extract(epoch FROM {moment})"
    return f"floor({epoch})::float8 + ({epoch} - floor({epoch}))::float8"


_ZONED = "pg_typeof({x}) = 'timestamp with time zone'::regtype"
_MOMENT = f"(CASE WHEN {_ZONED} THEN {{x}}::timestamptz AT TIME ZONE 'UTC' ELSE {{x}}::timestamp END)"


def _spelled(text: str, failed: str) -> str:
    def part(regex: str) -> str:
        return f"substring({text} from {text_literal(regex)})"

    local = f"replace({part(LOCAL.replace('(', '(?:'))}, '/', '-')::timestamp"
    hours, minutes, seconds = (f"coalesce({part(one)}::int8, 0)" for one in OFFSET)
    micros = (
        f"(extract(epoch FROM {local})::int8 * 1000000 "
        f"+ rpad(coalesce({part(FRACTION)}, ''), 6, '0')::int8 "
        f"- CASE WHEN {text} ~ ':.*-' THEN -1000000 ELSE 1000000 END "
        f"* ({hours} * 3600 + {minutes} * 60 + {seconds}))"
    )
    rest = f"((({micros} % 1000000) + 1000000) % 1000000)"
    return (
        f"CASE WHEN {text} ~ {text_literal(f'^{MOMENT}$')} AND left({text}, 4) <> '0000' "
        f"THEN (({micros} - {rest}) / 1000000)::float8 + {rest}::float8 / 1e6 ELSE {failed} END"
    )


POSTGRES = Dialect(
    name="postgres",
    title="PostgreSQL",
    needs=(
        "PostgreSQL 14 or newer. SET jit = off first: compiling a statement of this length takes longer",
        "than running it.",
    ),
    double="float8",
    whole="int8",
    text="text",
    exponent=False,
    quoted=True,
    infinity="'Infinity'::float8",
    no_nan="nullif({x}, 'NaN'::float8)",
    whole_div="/",
    extreme=None,
    arrays=True,
    fenced="AS MATERIALIZED ({query})",
    most_columns=1_600,
    portion=(100, 10_000),
    most_nested=100,
    most_bytes=24_000_000,  # of 21 MB one took 2.4 GB of memory, all of it before the first row
    single=_single,
    forest=_forest,
    leaf=lambda value: f"{single_text(value)}::real",
    more_leaf=lambda value: f"'{single_text(value)}'",
    among="{x} = ANY ('{{{values}}}')",
    among_keys="{x} IN ({values})",
    or_null="({other}) IS NOT TRUE",  # fewer nodes
    sign="chr({x})",
    is_text="(pg_typeof({x})::oid IN (25, 1042, 1043))",
    cast="{x}::float8",
    trimmed="btrim({x}::text, s.spaces)",
    lowered="translate({x}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ\u212a', 'abcdefghijklmnopqrstuvwxyzk')",
    whole_text=_whole_text,
    number=_number,
    moment=f"CASE WHEN isfinite({_MOMENT}) THEN {_seconds(_MOMENT)} END",
    spelled=_spelled,
    # The text of the error quotes what could not be cast.
    fail=lambda message, text: f"({text_literal(message)} || {text})::float8",
    tiniest=1e-290,
    most_name=63,
    cuts_names=True,
    folds_names=False,
)
"""What `--dialect postgres` writes."""
