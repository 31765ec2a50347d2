"""Tables that the query looks values up in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.exports.query.dialect import Dialect, text_literal
from mlwright.exports.query.render import Writer, is_table
from mlwright.exports.query.term import Term, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.exports.query.stages import Stage

_IN_A_LINE = 20


def lookups(stage: Stage) -> dict[Term, list[Term]]:
    """Return the terms of a stage that are looked up, by the term that is their key."""
    found: dict[Term, list[Term]] = {}
    for term in stage.new:
        if is_table(term):
            found.setdefault(term.of[0], []).append(term)
    return found


def lookup_table(name: str, at: Term, terms: list[Term], dialect: Dialect) -> str:
    """Write a common table expression: the keys in k, the values of the terms in w0, w1 and so on."""
    columns = [dict(term.data[0]) for term in terms]
    kinds = [dialect.text if at.type is Type.TEXT else dialect.whole]
    kinds += [dialect.whole if term.type is Type.WHOLE else dialect.double for term in terms]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    values = [
        [column.get(key, term.data[1]) for key in keys] for term, column in zip(terms, columns, strict=True)
    ]
    names = ", ".join(["k", *(f"w{number}" for number, _ in enumerate(terms))])
    query = _arrays(kinds, [keys, *values]) if dialect.arrays else _rows(dialect, kinds, keys, terms, values)
    return f"{name}({names}) AS ({query})"


def _rows(
    dialect: Dialect, kinds: list[str], keys: list[Any], terms: list[Term], values: list[list[Any]]
) -> str:
    writer = Writer(dialect, {})
    columns = [[text_literal(key) if isinstance(key, str) else str(key) for key in keys]]
    for term, column in zip(terms, values, strict=True):
        columns.append([writer.value(term.type, value) for value in column])
    rows = [list(cells) for cells in zip(*columns, strict=True)]
    # The first row says the types.
    rows[0] = [f"CAST({text} AS {kind})" for text, kind in zip(rows[0], kinds, strict=True)]
    return "VALUES\n  " + ",\n  ".join(f"({', '.join(cells)})" for cells in rows)


def _arrays(kinds: list[str], columns: list[list[Any]]) -> str:
    arrays = ",\n  ".join(
        f"{text_literal(_array(column))}::{kind}[]" for kind, column in zip(kinds, columns, strict=True)
    )
    return f"SELECT * FROM unnest(\n  {arrays})"  # noqa: S608 - ours


def _array(column: Sequence[Any]) -> str:
    """Write an array as PostgreSQL reads it from a text."""
    cells = [_element(value) for value in column]
    starts = range(0, len(cells), _IN_A_LINE)
    return "{" + ",\n  ".join(", ".join(cells[start : start + _IN_A_LINE]) for start in starts) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(float(value)) if isinstance(value, float) else str(int(value))
