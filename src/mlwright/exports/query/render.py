"""Writes terms as expressions of a dialect."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, final

from mlwright.exports.query.dialect import Dialect, single_text, text_literal
from mlwright.exports.query.questions import TreeWriter
from mlwright.exports.query.term import Term, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "whole_add": "+", "whole_sub": "-", "whole_mul": "*"}
_LARGEST = 1.7976931348623157e308
MOST_CASES = 40
"""Choices with more cases are looked up in a table."""


def repeats(term: Term, dialect: Dialect) -> bool:
    """Tell whether its expression names what it is made of more than once."""
    if term.op in ("least", "greatest"):
        return dialect.extreme is None and term.can_be_null
    return term.op in ("arg_max", "choice", "div", "forest", "single")


def is_table(term: Term) -> bool:
    """Tell whether a term is looked up in a table."""
    return term.op == "choice" and n_cases(term) > MOST_CASES


def n_cases(term: Term) -> int:
    """Return how many keys of a choice do not have the value that most have."""
    usual = usual_value(term)
    return sum(value != usual for _, value in term.data[0])


def usual_value(term: Term) -> Any:
    """Return what a choice gives unless the key says otherwise."""
    pairs, default = term.data
    if is_covered(term):
        return Counter(value for _, value in pairs).most_common(1)[0][0]
    return default


def is_covered(term: Term) -> bool:
    """Tell whether every key that can come has a value of its own."""
    pairs, at = term.data[0], term.of[0]
    return at.type is Type.WHOLE and len(pairs) > at.high - at.low


@final
class Writer:
    """Writes terms; those that have a name already are called by it."""

    def __init__(self, dialect: Dialect, names: Mapping[Term, str]) -> None:
        self.dialect, self.names = dialect, names
        self._ways: dict[str, Callable[[Term], str]] = {
            "arg_max": self._arg_max,
            "choice": self._choice,
            "constant": self.constant,
            "count": self._count,
            "div": self._div,
            "dot": self._dot,
            "forest": self._forest,
            "single": self._single,
            "where": self._where,
        }

    def text(self, term: Term) -> str:
        """Return an expression, to be used as an operand as it is."""
        return self.names[term] if term in self.names else self.definition(term)

    def definition(self, term: Term) -> str:
        """Return the expression that a term's name stands for."""
        if term.op in self._ways:
            return self._ways[term.op](term)
        given = [self.text(part) for part in term.of]
        if term.op in ("least", "greatest"):
            return self._extreme(term, given)
        if term.op in _SIGNS:
            found = f"({given[0]} {_SIGNS[term.op]} {given[1]})"
            return self.dialect.no_nan.format(x=found) if term.data else found
        double, whole = self.dialect.double, self.dialect.whole
        ways = {
            "exp": "exp({0})",
            "flag": f"CASE WHEN {{0}} THEN {self.value(term.type, 1)} ELSE {self.value(term.type, 0)} END",
            "floor": "floor({0})",
            "is_infinite": f"abs({{0}}) > {_LARGEST!r}",
            "is_null": "{0} IS NULL",
            "less": "{0} < {1}",
            "less_or_equal": "{0} <= {1}",
            "sigmoid": "(1.0 / (1.0 + exp(-{0})))",
            "sqrt": "sqrt({0})",
            "to_double": f"CAST({{0}} AS {double})",
            "to_whole": f"CAST({{0}} AS {whole})",
            "whole_div": f"({{0}} {self.dialect.whole_div} {{1}})",
            "widen": "{0}",
        }
        return ways[term.op].format(*given)

    def constant(self, term: Term) -> str:
        """Write a constant."""
        if term.type is Type.TEXT:
            return text_literal(term.data)
        if term.type is Type.TRUTH:
            return "TRUE" if term.data else "FALSE"
        return self.value(term.type, None if term.data is None else term.data[0])

    def value(self, kind: Type, value: Any) -> str:
        """Write a number."""
        if kind is Type.WHOLE:
            return f"({value})" if value < 0 else str(value)
        return self.dialect.number_literal(value)

    def _single(self, term: Term) -> str:
        return self.dialect.single(self.text(term.of[0]), term.of[0])

    def _where(self, term: Term) -> str:
        truth, yes, no = (self.text(part) for part in term.of)
        if term.of[1].is_constant and term.of[1].data is None:
            yes = "NULL"
        return f"CASE WHEN {truth} THEN {yes} ELSE {no} END"

    def _div(self, term: Term) -> str:
        one, other = (self.text(part) for part in term.of)
        if term.of[1].low > 0 or term.of[1].high < 0:
            return f"({one} / {other})"
        infinity = self.dialect.infinity
        none = f"CASE WHEN {one} > 0 THEN {infinity} WHEN {one} < 0 THEN -{infinity} END"
        found = f"{one} / {other}"
        if term.of[0].can_be_infinite and term.of[1].can_be_infinite:
            found = self.dialect.no_nan.format(x=f"({found})")
        return f"CASE WHEN {other} = 0 THEN {none} ELSE {found} END"

    def _extreme(self, term: Term, given: list[str]) -> str:
        one, other = given
        names = self.dialect.extreme or ("least", "greatest")
        found = f"{names[term.op == 'greatest']}({one}, {other})"
        if self.dialect.extreme or not term.can_be_null:
            return found
        known = " AND ".join(
            f"{text} IS NOT NULL" for text, part in zip(given, term.of, strict=True) if part.can_be_null
        )
        return f"CASE WHEN {known} THEN {found} END"

    def _choice(self, term: Term) -> str:
        at, usual = self.text(term.of[0]), usual_value(term)
        by_value: dict[Any, list[str]] = {}
        for key, value in term.data[0]:
            if value != usual:
                spelled = text_literal(key) if isinstance(key, str) else str(key)
                by_value.setdefault(value, []).append(spelled)
        lines = []
        for value, keys in by_value.items():
            is_one = len(keys) == 1
            among = self.dialect.among_keys.format(x=at, values=", ".join(keys))
            asked = f"{at} = {keys[0]}" if is_one else among
            lines.append(f"WHEN {asked} THEN {self.value(term.type, value)}")
        if not lines:
            return self.value(term.type, usual)
        return f"CASE {' '.join(lines)} ELSE {self.value(term.type, usual)} END"

    def _count(self, term: Term) -> str:
        return added([self.text(part) for part in term.of])

    def _dot(self, term: Term) -> str:
        products = []
        for part, weight in zip(term.of, term.data, strict=True):
            text = self.text(part)
            products.append(
                text if weight == 1.0 else f"{self.dialect.short_literal(single_text(weight))} * {text}"
            )
        return added(products)

    def _arg_max(self, term: Term) -> str:
        given = [self.text(part) for part in term.of]
        lines = []
        for number, one in enumerate(given[:-1]):
            others = " AND ".join(f"{one} >= {other}" for other in given[number + 1 :])
            lines.append(f"WHEN {others} THEN {number}")
        return f"CASE {' '.join(lines)} ELSE {len(given) - 1} END" if lines else "0"

    def _forest(self, term: Term) -> str:
        forest, has_before = term.data
        given = [self.text(part) for part in term.of]
        before = given.pop(0) if has_before else ""
        cells = term.of[len(term.of) - len(given) :]
        trees = TreeWriter(self.dialect, given, cells)
        return self.dialect.forest(before, [trees.text(tree) for tree in forest.trees])


def added(parts: list[str]) -> str:
    """Write a sum in which no operand lies deep."""
    if len(parts) <= 4:
        return f"({' + '.join(parts)})" if len(parts) > 1 else parts[0]
    middle = len(parts) // 2
    return f"({added(parts[:middle])} + {added(parts[middle:])})"
