"""Which terms become columns of which common table expression.

A column is what is needed twice, or is large. It stands one stage after the columns that it is made of, and
travels on as long as something needs it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mlwright.exports.query.render import is_table, repeats
from mlwright.exports.query.term import Term, needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlwright.exports.query.dialect import Dialect

_DEEPEST = 24
"""Levels of one expression; some databases refuse a thousand, and people give up earlier."""
_FREE = ("constant", "widen")
"""Never worth a column."""


@final
@dataclass(frozen=True, slots=True)
class Stage:
    """Columns that travel on from the stage before, and those that are new."""

    kept: tuple[Term, ...]
    new: tuple[Term, ...]


def as_stages(outputs: Iterable[Term], dialect: Dialect) -> list[Stage]:
    """Return the stages; the first holds the raw cells, and after the last the outputs can be written."""
    wanted = list(outputs)
    order = list(needed(wanted))
    columns = _columns(order, wanted, dialect)
    level = _levels(order, columns, max(1, dialect.most_columns // 4))
    last = _last_use(order, wanted, columns, level)
    n_stages = max((level[term] for term in columns), default=0) + 1
    stages = []
    for number in range(n_stages):
        new = tuple(term for term in columns if level[term] == number)
        kept = tuple(term for term in columns if level[term] < number <= last[term])
        stages.append(Stage(kept, new))
    return stages


def _columns(order: list[Term], wanted: list[Term], dialect: Dialect) -> dict[Term, None]:
    """Return the terms that get a column, in an order in which they can be computed."""
    uses = Counter(wanted)
    for term in reversed(order):
        # What never gets a column is written as often as it is used, and so is what it is made of.
        times = uses[term] if term.op in _FREE else 2 if repeats(term, dialect) else 1
        for part in term.of:
            uses[part] += times
    found: dict[Term, None] = {}
    depth: dict[Term, int] = {}
    for term in order:
        inner = max((depth[part] for part in term.of), default=0)
        is_large = inner >= _DEEPEST or term.op in ("forest", "raw") or is_table(term)
        is_column = term.op not in _FREE and (is_large or uses[term] > 1)
        if is_column:
            found[term] = None
        depth[term] = 0 if is_column else inner + (term.op not in _FREE)
    return found


def _levels(order: list[Term], columns: Mapping[Term, None], most_new: int) -> dict[Term, int]:
    """Return the stage of each column, and for other terms the first one after which they can be written.

    A stage makes so many columns at most, and others travel on beside them: the layers of several networks
    come one network after the other.
    """
    found: dict[Term, int] = {}
    n_new: Counter[int] = Counter()
    for term in order:
        before = max((found[part] for part in term.of), default=-1)
        # The first stage is for raw cells, also if what stands on none would need no stage.
        found[term] = 0 if term.op == "raw" else max(1, before + 1) if term in columns else before
        if term in columns and term.op != "raw":
            while n_new[found[term]] >= most_new:
                found[term] += 1
            n_new[found[term]] += 1
    return found


def _last_use(
    order: list[Term], wanted: list[Term], columns: Mapping[Term, None], level: Mapping[Term, int]
) -> dict[Term, int]:
    """Return the last stage that each column has to be part of: the one before its last reader."""
    end = max((level[term] for term in columns), default=0)
    last: dict[Term, int] = dict.fromkeys(order, -1)
    for term in wanted:
        last[term] = end
    for term in reversed(order):
        # What has no column of its own is written by its reader, so it passes the need on.
        until = level[term] - 1 if term in columns else last[term]
        for part in term.of:
            last[part] = max(last[part], until)
    return last
