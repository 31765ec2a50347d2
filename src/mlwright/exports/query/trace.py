"""Runs a program on one row of terms instead of numbers: what comes out says how it was computed.

A tensor of the program is an array whose first dimension, the rows, is 1: of terms where it depends on the
row, of numbers where it does not. Then shapes, gathers and broadcasts are numpy's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.core.errors import UsageError
from mlwright.exports.query.forest import questions
from mlwright.exports.query.operators import OPERATORS
from mlwright.exports.query.term import Term, Terms, Type, as_terms, needed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlwright.core.arrays import Array
    from mlwright.core.graph import Graph, Node


def trace(graph: Graph, outputs: Iterable[str], portion: tuple[int, int] | None = None) -> dict[str, Array]:
    """Return what each of these outputs is computed from: arrays of terms, shape (1, n) or (1,).

    Raises
    ------
    UsageError
        An operator cannot be said in terms; the message names the raw columns that need it.
    """
    row = _Row(graph, Terms(portion))
    return {name: row.terms_of(graph.outputs[name]) for name in outputs}


def split_values(graph: Graph) -> dict[str, set[float]]:
    """Return the values at which trees split raw numbers, by column: where answers may jump."""
    outputs = [term for value in trace(graph, graph.outputs).values() for term in value.ravel()]
    found: dict[str, set[float]] = {}
    for term in needed(outputs):
        if term.op != "forest":
            continue
        forest, has_before = term.data
        cells = term.of[1:] if has_before else term.of
        for question in questions(forest):
            raw, shift = _origin(cells[question.feature])
            if raw is not None:
                found.setdefault(raw.data, set()).add(question.threshold + shift)
    return found


def _origin(term: Term) -> tuple[Term | None, float]:
    """Return the raw cell that a feature is, and by how much it was moved; None if it is made otherwise."""
    while term.op in ("single", "widen"):
        term = term.of[0]
    if term.op == "sub" and term.of[1].is_constant:
        return (term.of[0], term.of[1].data[0]) if term.of[0].op == "raw" else (None, 0.0)
    return (term, 0.0) if term.op == "raw" else (None, 0.0)


@final
class _Row:
    """The values of the program for one row, computed where they are needed."""

    def __init__(self, graph: Graph, terms: Terms) -> None:
        self.terms = terms
        self._makers = {name: node for node in graph.nodes for name in node.outputs}
        self._columns = {item.value: item.name for item in graph.inputs}
        self._values: dict[str, Array] = dict(graph.constants)
        for item in graph.inputs:
            kind = Type.TEXT if item.is_text else Type.DOUBLE
            self._values[item.value] = as_terms([self.terms.raw(item.name, kind)], (1, 1))

    def terms_of(self, name: str) -> Array:
        """Return a value as terms."""
        value = self.value(name)
        return value if value.dtype == object else self.terms.constants(value)

    def value(self, name: str) -> Array:
        """Return a value: terms, or numbers where no row changes it."""
        waiting = [name]
        while waiting:
            wanted = waiting[-1]
            if wanted in self._values:
                waiting.pop()
                continue
            node = self._makers[wanted]
            missing = [one for one in node.inputs if one not in self._values]
            if missing:
                waiting.extend(missing)
            else:
                self._values[wanted] = self._run(node)
        return self._values[name]

    def _run(self, node: Node) -> Array:
        operator = OPERATORS.get(node.op)
        if operator is None:
            raise self._refusal(node.op)
        given = [self._values[name] for name in node.inputs]
        found: Array = operator(self.terms, given, node.attributes)
        return found

    def _refusal(self, op: str) -> UsageError:
        """Name every column that needs this operator at once: to leave one out takes another training."""
        names = sorted(self._raw_names(node for node in self._makers.values() if node.op == op))
        shown = ", ".join(map(repr, names)) or "the program"
        what = "counts words" if op in ("Tokenizer", "TfIdfVectorizer") else f"needs {op}"
        hint = f" Train without: {' '.join(f'--exclude {name!r}' for name in names)}." if names else ""
        return UsageError(f"--to sql cannot say what the program does with {shown}: it {what} there.{hint}")

    def _raw_names(self, nodes: Iterable[Node]) -> set[str]:
        stack, seen = [name for node in nodes for name in node.inputs], set[str]()
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                stack.extend(self._makers[name].inputs if name in self._makers else ())
        return {column for value, column in self._columns.items() if value in seen}
