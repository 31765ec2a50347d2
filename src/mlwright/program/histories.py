"""What operators on histories give: texts of many words, each of which adds something to its row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlwright.program.value import FEW, ROWS, SINGLE, WHOLE, WORDS, Value, axis_of, misused, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.graph import Node

MOST_WORDS, _MOST_OF_WORD = 500, 200
"""Words of a row that are kept, and what each of them looks up: together, what a row may take."""


def _cut(node: Node, given: list[Value]) -> Value:
    """Keep so many words of each row, at most, or the first columns of a table."""
    plain(node)
    ends = [None if value.content is None else value.content.tolist() for value in given[1:]]
    if len(given) != 4 or ends[0] != [0] or ends[2] != [1]:
        raise misused(node, "it keeps something else than the first words or columns")
    if len(given[0].shape) == 2 and given[0].shape[0] == ROWS and not given[0].is_open:
        return _head(node, given[0], ends[1])
    if given[0].shape != (ROWS, WORDS):
        raise misused(node, "it cuts off other things than words and columns")
    if not ends[1] or len(ends[1]) != 1 or not 0 < ends[1][0] <= MOST_WORDS:
        raise misused(node, f"it keeps more than {MOST_WORDS:,} words")
    if ends[1][0] <= given[0].least:  # so many are there in any case
        return replace(given[0], shape=(ROWS, ends[1][0]), least=0)
    return replace(given[0], shape=(ROWS, FEW))


def lengthened(node: Node, given: list[Value]) -> Value:
    """Put cells behind words, so that every row has so many in any case."""
    is_fit = len(given) == 2 and given[0].shape == (ROWS, FEW) and len(given[1].shape) == 2
    if not is_fit or given[1].is_open or given[1].shape[0] != ROWS:
        raise misused(node, "it joins other things than words and cells behind them")
    words, cells = given
    if words.kind != cells.kind or words.kind not in (WHOLE, SINGLE):
        raise misused(node, "it reads other values than it can")
    low, high = min(words.low.min(), cells.low.min()), max(words.high.max(), cells.high.max())
    return Value(
        kind=words.kind, shape=(ROWS, WORDS), low=np.array([low]), high=np.array([high]), least=cells.width
    )


def _head(node: Node, table: Value, end: object) -> Value:
    """Keep the first columns of a table."""
    if not isinstance(end, list) or len(end) != 1 or not 0 < end[0] <= table.width:
        raise misused(node, f"it keeps other columns than some of the first of {table.width}")
    low, high = (np.broadcast_to(one, (1, table.width))[:, : end[0]] for one in (table.low, table.high))
    return Value(kind=table.kind, shape=(ROWS, end[0]), low=low, high=high)


def _running(node: Node, given: list[Value]) -> Value:
    """Give words their numbers: add up ones."""
    plain(node, exclusive=1)
    is_ones = len(given) == 2 and given[0].kind == WHOLE and given[0].shape == (ROWS, FEW)
    if not is_ones or given[1].content is None or given[1].shape or int(given[1].content) != 1:
        raise misused(node, "it adds up other things than mlwright does")
    if (given[0].low != 1).any() or (given[0].high != 1).any():
        raise misused(node, "it adds up other things than ones")
    return Value(kind=WHOLE, shape=(ROWS, FEW), low=np.zeros(1), high=np.array([np.inf]))


def _scattered(node: Node, given: list[Value]) -> Value:
    """Put values at places of their row, or add them there, one after the other."""
    adds = node.attributes.get("reduction") == "add"
    plain(node, axis=1, reduction="add" if adds else "none")
    if len(given) != 3 or any(len(v.shape) != 2 or v.shape[0] != ROWS for v in given):
        raise misused(node, "it reads something other than tables")
    into, at, values = given
    if into.kind != SINGLE or values.kind != SINGLE or at.kind != WHOLE or at.shape != values.shape:
        raise misused(node, "it reads other values than it can")
    if not (at.low >= 0).all() or not (at.high < into.width).all():
        raise misused(node, "it may write beyond the end of its row")
    return Value(kind=SINGLE, shape=into.shape)


def _deeper(node: Node, given: list[Value]) -> Value:
    plain(node)
    if len(given) != 2 or given[0].shape != (ROWS, FEW) or axis_of(given[1]) != 2:
        raise misused(node, "it gives a dimension to other things than words")
    return replace(given[0], shape=(ROWS, FEW, 1))


def _flat(node: Node, given: list[Value]) -> Value:
    """Put what words look up into one row; how long it is depends on the words still."""
    plain(node, axis=1)
    if len(given) != 1 or len(given[0].shape) != 3 or given[0].shape[:2] != (ROWS, FEW):
        raise misused(node, "it joins other things than what words look up")
    if not 0 < given[0].shape[2] <= _MOST_OF_WORD:
        raise misused(node, "a word looks up more than mlwright writes")
    return replace(given[0], shape=(ROWS, WORDS))


RULES: dict[str, Callable[[Node, list[Value]], Value]] = {
    "CumSum": _running,
    "Flatten": _flat,
    "ScatterElements": _scattered,
    "Slice": _cut,
    "Unsqueeze": _deeper,
}
OPEN = frozenset(
    {*RULES, "Add", "Cast", "Concat", "Gather", "LabelEncoder", "Less", "Min", "Mul", "TfIdfVectorizer"}
)
"""Operators that may read as many cells as a text has words; for others nobody knows how many there are."""
