"""Terms: what one cell of the program is computed from, as data that every dialect can be written from.

A term stands for one number, truth or text of a row. Equal terms are one object, so what is needed
twice is computed once. NULL stands for what is not a number; truths that are NULL count as false.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlwright.core.arrays import Array

INF = math.inf
LARGEST_SINGLE = 3.4028235677973366e38
"""From here on a double is infinite in single precision."""


class Type(StrEnum):
    """What a term holds."""

    SINGLE = "single"
    """A double that single precision represents."""
    DOUBLE = "double"
    WHOLE = "whole"
    TRUTH = "truth"
    TEXT = "text"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One operation.

    `low` and `high` bound what is not NULL; `can_be_null` tells whether NULL can come out. `data` holds
    what is known beforehand: the value of a constant, the table of a look-up, trees.
    """

    op: str
    type: Type
    of: tuple[Term, ...] = ()
    data: Any = None
    low: float = -INF
    high: float = INF
    can_be_null: bool = False

    @property
    def is_constant(self) -> bool:
        """Whether it is the same in every row."""
        return self.op == "constant"

    @property
    def can_be_infinite(self) -> bool:
        """Whether infinity can come out."""
        return self.low == -INF or self.high == INF


@final
@dataclass(slots=True)
class Terms:
    """Makes terms, equal ones once, and folds what is known beforehand.

    `portion` is how many trees and questions one term of a forest may hold; None means any number.
    """

    portion: tuple[int, int] | None = None
    _known: dict[object, Term] = field(default_factory=dict)

    def make(self, op: str, kind: Type, *of: Term, data: Any = None, **facts: Any) -> Term:
        """Return the one term of this operation; `facts` are its bounds and whether it can be NULL."""
        key = (op, kind, tuple(map(id, of)), data)
        if key not in self._known:
            self._known[key] = Term(op, kind, of, data, **facts)
        return self._known[key]

    def constant(self, value: Any, kind: Type) -> Term:
        """Return a constant; not a number becomes NULL."""
        if kind in (Type.TEXT, Type.TRUTH):
            return self.make("constant", kind, data=value)
        number = float(value)
        if math.isnan(number):
            return self.make("constant", kind, data=None, can_be_null=True)
        value = int(value) if kind is Type.WHOLE else number
        return self.make("constant", kind, data=(value, math.copysign(1.0, number)), low=number, high=number)

    def constants(self, values: Array) -> Array:
        """Return an array of constants of the same shape."""
        kinds = {"f4": Type.SINGLE, "f8": Type.DOUBLE, "i8": Type.WHOLE, "b1": Type.TRUTH}
        kind = kinds.get(values.dtype.str[1:], Type.TEXT)
        return as_terms([self.constant(value, kind) for value in values.ravel().tolist()], values.shape)

    def raw(self, name: str, kind: Type) -> Term:
        """Return a cell as the schema reads it: a finite double or NULL, or a text that is not NULL."""
        top = float(np.finfo(np.float64).max)
        if kind is Type.TEXT:
            return self.make("raw", kind, data=name)
        return self.make("raw", kind, data=name, low=-top, high=top, can_be_null=True)

    def arithmetic(self, op: str, one: Term, other: Term) -> Term:
        """Return `one op other` (add, sub, mul or div), rounded if it is of single precision."""
        kind = one.type
        if kind is Type.WHOLE:
            low, high = bounds(op, one, other)
            return self.make(f"whole_{op}", kind, one, other, low=low, high=high)
        if op == "mul" and other.is_constant and other.data == (1.0, 1.0):
            return one
        low, high = bounds(op, one, other)
        is_new = makes_nan(op, one, other)
        found = self.make(
            op, Type.DOUBLE, one, other, data=is_new, low=low, high=high,
            can_be_null=one.can_be_null or other.can_be_null or is_new,
        )  # fmt: skip
        return self.single(found) if kind is Type.SINGLE else found

    def single(self, term: Term) -> Term:
        """Round to single precision."""
        if term.type is Type.SINGLE or (term.is_constant and term.data is None):
            return term
        if term.is_constant:
            with np.errstate(over="ignore"):
                return self.constant(np.float32(term.data[0]), Type.SINGLE)
        low, high = _as_single(term.low), _as_single(term.high)
        return self.make("single", Type.SINGLE, term, low=low, high=high, can_be_null=term.can_be_null)

    def extreme(self, op: str, one: Term, other: Term) -> Term:
        """Return the smaller ("least") or the larger ("greatest") of two; NULL if one is."""
        choose = min if op == "least" else max
        return self.make(
            op, one.type, one, other, low=choose(one.low, other.low), high=choose(one.high, other.high),
            can_be_null=one.can_be_null or other.can_be_null,
        )  # fmt: skip

    def where(self, truth: Term, yes: Term, no: Term) -> Term:
        """Return `yes` where it is true, else `no`."""
        if yes is no:
            return yes
        if yes.is_constant and yes.data is None and truth.op == "is_infinite" and truth.of[0] is no:
            if not no.can_be_infinite:
                return no
            # What is infinite is left out, so the rest is bounded.
            top = float(np.finfo(np.float32).max)
            return self.make("where", no.type, truth, yes, no, low=-top, high=top, can_be_null=True)
        keeps = truth.op == "is_null" and truth.of[0] is no
        return self.make(
            "where", yes.type if not yes.is_constant or yes.data is not None else no.type, truth, yes, no,
            low=min(yes.low, no.low) if yes.data is not None or not yes.is_constant else no.low,
            high=max(yes.high, no.high) if yes.data is not None or not yes.is_constant else no.high,
            can_be_null=yes.can_be_null or (no.can_be_null and not keeps),
        )  # fmt: skip


def adds_singles(term: Term) -> bool:
    """Tell whether a term is the sum of two singles, or their difference: it has few bits more than they."""
    return term.op in ("add", "sub") and all(part.type is Type.SINGLE for part in term.of)


def bounds(op: str, one: Term, other: Term) -> tuple[float, float]:
    """Return the least and the largest result."""
    ends = [(a, b) for a in (one.low, one.high) for b in (other.low, other.high)]
    if op == "div" and other.low <= 0 <= other.high:
        return -INF, INF
    with np.errstate(all="ignore"):
        found = [float(_FUNCTIONS[op](np.float64(a), np.float64(b))) for a, b in ends]
    if any(map(math.isnan, found)):
        return -INF, INF
    if one.type is Type.WHOLE and op == "div":
        found = [math.trunc(value) if math.isfinite(value) else value for value in found]
    return min(found), max(found)


_FUNCTIONS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}


def makes_nan(op: str, one: Term, other: Term) -> bool:
    """Tell whether operands that are numbers can give what is none: inf - inf, 0 * inf, 0 / 0."""
    if op in ("add", "sub"):
        return one.can_be_infinite and other.can_be_infinite
    if op == "mul":
        return (one.can_be_infinite and other.low <= 0 <= other.high) or (
            other.can_be_infinite and one.low <= 0 <= one.high
        )
    return (one.can_be_infinite and other.can_be_infinite) or other.low <= 0 <= other.high


def as_terms(terms: Iterable[Term], shape: tuple[int, ...]) -> Array:
    """Return an object array of this shape."""
    given = list(terms)
    found = np.empty(len(given), dtype=object)
    found[:] = given
    return found.reshape(shape)


def needed(outputs: Iterable[Term]) -> Iterator[Term]:
    """Yield every term that the outputs need, each after what it is made of."""
    seen: set[int] = set()
    stack = [(term, False) for term in outputs]
    while stack:
        term, is_done = stack.pop()
        if is_done:
            yield term
        elif id(term) not in seen:
            seen.add(id(term))
            stack.append((term, True))
            stack.extend((part, False) for part in term.of if id(part) not in seen)


def _as_single(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(value))
