"""Writes trees as CASE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.exports.query.dialect import single_text
from mlwright.exports.query.forest import Question, Tree, size, threshold_text

if TYPE_CHECKING:
    from mlwright.exports.query.dialect import Dialect
    from mlwright.exports.query.term import Term

_LARGEST = 1.7976931348623157e308


def tree_text(dialect: Dialect, tree: Tree, given: list[str], cells: tuple[Term, ...]) -> str:
    """Write a tree as one list of questions as long as the larger sides go on, so that little is nested.

    `given` are the expressions of its features and `cells` their terms.
    """
    lines = []
    while isinstance(tree, Question):
        x, can_be_null = given[tree.feature], cells[tree.feature].can_be_null
        is_yes_first = size(tree.yes) <= size(tree.no)
        first, rest = (tree.yes, tree.no) if is_yes_first else (tree.no, tree.yes)
        asked = _asked(dialect, tree, x, is_yes=is_yes_first)
        if can_be_null and tree.null_is_yes == is_yes_first:
            asked = f"{x} IS NULL OR {asked}"
        lines.append(f"WHEN {asked} THEN {tree_text(dialect, first, given, cells)}")
        tree = rest
    leaf = dialect.leaf(tree)
    return f"CASE {' '.join(lines)} ELSE {leaf} END" if lines else leaf


def _asked(dialect: Dialect, tree: Question, x: str, *, is_yes: bool) -> str:
    """Return what is true where an x that is not NULL goes to this side."""
    if tree.among:
        values = ", ".join(single_text(value) for value in tree.among)
        if len(tree.among) == 1:
            return f"{x} {'=' if is_yes else '<>'} {values}"
        return f"{x} {'IN' if is_yes else 'NOT IN'} ({values})"
    return f"{x} {'<=' if is_yes else '>'} {_edge(dialect, tree.threshold)}"


def _edge(dialect: Dialect, threshold: float) -> str:
    if abs(threshold) > _LARGEST:
        return dialect.number_literal(threshold)
    return dialect.short_literal(threshold_text(threshold))
