"""Writes trees as CASE."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.exports.query.dialect import single_text
from mlwright.exports.query.forest import Question, Tree, size, threshold_text

if TYPE_CHECKING:
    from mlwright.exports.query.dialect import Dialect
    from mlwright.exports.query.term import Term

_LARGEST = 1.7976931348623157e308


@final
class TreeWriter:
    """Writes the trees of a forest: `given` are the expressions of its features, `cells` their terms."""

    def __init__(self, dialect: Dialect, given: list[str], cells: tuple[Term, ...]) -> None:
        self.dialect, self.given, self.cells = dialect, given, cells

    def text(self, tree: Tree) -> str:
        """Write a tree."""
        return self._nested(tree, self.dialect.most_nested)

    def _nested(self, tree: Tree, n_levels: int) -> str:
        *lines, (_, last) = self._lines(tree, n_levels)
        cases = "".join(f"WHEN {asked} THEN {found} " for asked, found in lines)
        return f"CASE {cases}ELSE {last} END" if cases else last

    def _lines(self, tree: Tree, n_levels: int) -> list[tuple[str, str]]:
        """Return what is asked, one after the other, and what is found then; last what is found else.

        The list goes on with the larger side, so that little is nested. Where no more levels may be, the
        questions of the smaller side are asked together with the one that leads there.
        """
        found = []
        while isinstance(tree, Question):
            is_yes_first = size(tree.yes) <= size(tree.no)
            first, rest = (tree.yes, tree.no) if is_yes_first else (tree.no, tree.yes)
            asked = self._asked(tree, is_yes=is_yes_first)
            if not isinstance(first, Question):
                found.append((asked, self.dialect.more_leaf(first)))
            elif n_levels:
                found.append((asked, self._nested(first, n_levels - 1)))
            else:
                *inner, (_, last) = self._lines(first, 0)
                found += [(f"{asked} AND {more}", leaf) for more, leaf in inner]
                found.append((asked, last))
            tree = rest
        return [*found, ("", self.dialect.leaf(tree))]

    def _asked(self, tree: Question, *, is_yes: bool) -> str:
        """Return what is true where the feature goes to this side."""
        x = self.given[tree.feature]
        asked = _compared(self.dialect, tree, x, is_yes=is_yes)
        if not self.cells[tree.feature].can_be_null:
            return asked
        if tree.null_is_yes == is_yes:
            other = _compared(self.dialect, tree, x, is_yes=not is_yes)
            return self.dialect.or_null.format(x=x, asked=asked, other=other)
        # Not every way to ask for one of several values answers NULL for NULL.
        return f"{x} IS NOT NULL AND {asked}" if tree.among and not is_yes else asked


def _compared(dialect: Dialect, tree: Question, x: str, *, is_yes: bool) -> str:
    """Return what is true where an x that is not NULL goes to this side."""
    if len(tree.among) == 1:
        return f"{x} {'=' if is_yes else '<>'} {dialect.short_literal(single_text(tree.among[0]))}"
    if tree.among:
        among = dialect.among.format(x=x, values=", ".join(map(single_text, tree.among)))
        return among if is_yes else f"NOT {among}"
    return f"{x} {'<=' if is_yes else '>'} {_edge(dialect, tree.threshold)}"


def _edge(dialect: Dialect, threshold: float) -> str:
    if abs(threshold) > _LARGEST:
        return dialect.number_literal(threshold)
    return dialect.short_literal(threshold_text(threshold))
