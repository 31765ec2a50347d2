"""The operators of a program on arrays of terms: what each computes, said so that it rounds alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.exports.query.forest import as_forest
from mlwright.exports.query.term import INF, Term, Terms, Type, as_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlwright.core.arrays import Array

_STEEPEST = 18.0
"""ONNX Runtime takes the sigmoid of what is beyond as the sigmoid of this."""
_FARTHEST = 100.0
"""Smaller powers are no numbers in single precision."""
_LARGEST_POWER = 80.0


def _each(terms: Terms, given: list[Array], function: Callable[..., Term]) -> Array:
    """Apply a function of terms element by element, shapes broadcast."""
    parts = np.broadcast_arrays(*(v if v.dtype == object else terms.constants(v) for v in given))
    found = [function(*cells) for cells in zip(*(part.ravel() for part in parts), strict=True)]
    return as_terms(found, parts[0].shape)


def _arithmetic(op: str) -> Any:
    def run(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
        return _each(terms, given, lambda one, other: terms.arithmetic(op, one, other))

    return run


def _extreme(op: str) -> Any:
    def run(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
        found = given[0]
        for other in given[1:]:
            found = _each(terms, [found, other], lambda a, b: terms.extreme(op, a, b))
        return found

    return run


def _clip(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
    lower = _each(terms, given[:2], lambda a, b: terms.extreme("greatest", a, b))
    return _each(terms, [lower, given[2]], lambda a, b: terms.extreme("least", a, b))


def _truth(op: str) -> Any:
    def run(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
        def one(*cells: Term) -> Term:
            first, last = cells[0], cells[-1]
            is_never = (
                (op == "is_null" and not first.can_be_null)
                or (op == "is_infinite" and not first.can_be_infinite)
                or (op == "less" and first.low >= last.high)
            )
            return (
                terms.constant(value=False, kind=Type.TRUTH)
                if is_never
                else terms.make(op, Type.TRUTH, *cells)
            )

        return _each(terms, given, one)

    return run


def _where(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
    def one(truth: Term, yes: Term, no: Term) -> Term:
        return (yes if truth.data else no) if truth.is_constant else terms.where(truth, yes, no)

    return _each(terms, given, one)


def _cast(terms: Terms, given: list[Array], attributes: Mapping[str, Any]) -> Array:
    to = {"f4": Type.SINGLE, "f8": Type.DOUBLE, "i8": Type.WHOLE}[np.dtype(attributes["to"]).str[1:]]

    def one(term: Term) -> Term:
        if term.type is Type.TRUTH:
            return (
                terms.make("flag", Type.WHOLE, term, low=0, high=1)
                if to is Type.WHOLE
                else terms.make("flag", to, term, low=0, high=1)
            )
        if term.is_constant:
            value = np.array([np.nan if term.data is None else term.data[0]]).astype(attributes["to"])
            known: Term = terms.constants(value)[0]
            return known
        facts = {"low": term.low, "high": term.high, "can_be_null": term.can_be_null}
        if to is Type.WHOLE:
            return terms.make("to_whole", to, term, **facts)
        if term.type is Type.WHOLE:
            term = terms.make("to_double", Type.DOUBLE, term, **facts)
        elif term.type is Type.SINGLE and to is Type.DOUBLE:
            return terms.make("widen", Type.DOUBLE, term, **facts)
        return terms.single(term) if to is Type.SINGLE else term

    return _each(terms, given, one)


def _function(op: str, low: float, high: float) -> Any:
    """Return an operator that rounds the result of a function of one number."""

    def run(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
        def one(term: Term) -> Term:
            found = terms.make(op, Type.DOUBLE, term, low=low, high=high, can_be_null=term.can_be_null)
            return terms.single(found) if term.type is Type.SINGLE else found

        return _each(terms, given, one)

    return run


def _sigmoid(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
    def one(term: Term) -> Term:
        flat = _within(terms, term, -_STEEPEST, _STEEPEST)
        found = terms.make("sigmoid", Type.DOUBLE, flat, low=1e-8, high=1.0, can_be_null=term.can_be_null)
        return terms.single(found)

    return _each(terms, given, one)


def _exp(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
    def one(term: Term) -> Term:
        flat = _within(terms, term, -_FARTHEST, _LARGEST_POWER)
        found = terms.make("exp", Type.DOUBLE, flat, low=0.0, high=1e35, can_be_null=term.can_be_null)
        return terms.single(found)

    return _each(terms, given, one)


def _softmax(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
    scores = list(given[0].ravel())
    top = scores[0]
    for score in scores[1:]:
        top = terms.extreme("greatest", top, score)
    powers = []
    for score in scores:
        below = terms.make("sub", Type.DOUBLE, score, top, data=False, low=-INF, high=0.0)
        flat = terms.extreme("greatest", below, terms.constant(-_FARTHEST, Type.DOUBLE))
        powers.append(terms.make("exp", Type.DOUBLE, flat, low=1e-44, high=1.0))
    ones = (1.0,) * len(powers)
    total = terms.make("dot", Type.DOUBLE, *powers, data=ones, low=1.0, high=float(len(powers)))
    shares = [terms.make("div", Type.DOUBLE, one, total, data=False, low=0.0, high=1.0) for one in powers]
    return as_terms([terms.single(one) for one in shares], given[0].shape)


def _within(terms: Terms, term: Term, low: float, high: float) -> Term:
    found = term
    if term.low < low:
        found = terms.extreme("greatest", found, terms.constant(low, Type.DOUBLE))
    if term.high > high:
        found = terms.extreme("least", found, terms.constant(high, Type.DOUBLE))
    return found


def _concat(terms: Terms, given: list[Array], attributes: Mapping[str, Any]) -> Array:
    if all(value.dtype != object for value in given):
        return np.concatenate(given, axis=attributes["axis"])
    parts = [value if value.dtype == object else terms.constants(value) for value in given]
    return np.concatenate(parts, axis=attributes["axis"])


def _gather(terms: Terms, given: list[Array], attributes: Mapping[str, Any]) -> Array:
    data, at = given
    if at.dtype != object:
        return np.take(data, at, axis=attributes["axis"])
    # Rows of a table, chosen by codes.
    table = data.reshape(len(data), -1)
    found = [
        _look_up(terms, cell, table[:, column]) for cell in at.ravel() for column in range(table.shape[1])
    ]
    return as_terms(found, (*at.shape, *data.shape[1:]))


def _look_up(terms: Terms, at: Term, column: Array) -> Term:
    if at.is_constant:
        known: Term = terms.constants(column[[int(at.data[0])]])[0]
        return known
    first, last = int(max(at.low, 0)), int(min(at.high, len(column) - 1))
    values = column[first : last + 1]
    kind = (
        Type.WHOLE if values.dtype.kind == "i" else Type.SINGLE if values.dtype == np.float32 else Type.DOUBLE
    )
    pairs = tuple(zip(range(first, last + 1), values.tolist(), strict=True))
    return choice(terms, kind, at, pairs, values.tolist()[0])


def choice(terms: Terms, kind: Type, at: Term, pairs: tuple[tuple[Any, Any], ...], default: Any) -> Term:
    """Return the value that belongs to a key, or the default; keys that never come are left out."""
    if at.type is Type.WHOLE:
        pairs = tuple((key, value) for key, value in pairs if at.low <= key <= at.high)
    values = [float(value) for _, value in pairs] + [float(default)]
    known = [value for value in values if not np.isnan(value)]
    if len(known) == len(values) and len(set(known)) == 1:
        return terms.constant(default, kind)
    found = tuple((key, None if np.isnan(value) else value) for key, value in pairs)
    data = (found, None if np.isnan(default) else default)
    return terms.make(
        "choice", kind, at, data=data, low=min(known, default=0.0), high=max(known, default=0.0),
        can_be_null=len(known) < len(values),
    )  # fmt: skip


def _label_encoder(terms: Terms, given: list[Array], attributes: Mapping[str, Any]) -> Array:
    keys = attributes.get("keys_strings", attributes.get("keys_int64s"))
    values, default = attributes["values_int64s"], attributes["default_int64"]
    pairs = tuple(zip(keys, values, strict=True))
    return _each(terms, given, lambda at: choice(terms, Type.WHOLE, at, pairs, default))


def _mat_mul(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
    cells, weights = given
    if cells.dtype != object:
        cells = terms.constants(cells)
    return as_terms(
        [dot(terms, list(cells.ravel()), weights[:, column]) for column in range(weights.shape[1])],
        (1, weights.shape[1]),
    )


def dot(terms: Terms, cells: list[Term], weights: Array) -> Term:
    """Return a sum of products, rounded once."""
    used = [(cell, float(w), str(w)) for cell, w in zip(cells, weights, strict=True) if w]
    ends = [sorted((cell.low * w, cell.high * w)) for cell, w, _ in used]
    low, high = (float(sum(end[side] for end in ends)) for side in (0, 1))
    found = terms.make(
        "dot", Type.DOUBLE, *(cell for cell, _, _ in used), data=tuple(w for _, w, _ in used),
        low=low, high=high, can_be_null=any(cell.can_be_null for cell, _, _ in used),
    )  # fmt: skip
    return terms.single(found) if used else terms.constant(0.0, Type.SINGLE)


def _reduce_sum(terms: Terms, given: list[Array], _: Mapping[str, Any]) -> Array:
    """Add up the last dimension; programs do this to whole numbers only."""
    cells = given[0] if given[0].dtype == object else terms.constants(given[0])
    found = []
    for line in cells.reshape(-1, cells.shape[-1]):
        low, high = sum(cell.low for cell in line), sum(cell.high for cell in line)
        moving = [cell for cell in line if cell.low or cell.high]
        if moving:
            found.append(terms.make("count", Type.WHOLE, *moving, low=low, high=high))
        else:
            found.append(terms.constant(0, Type.WHOLE))
    return as_terms(found, cells.shape[:-1])


def _arg_max(terms: Terms, given: list[Array], attributes: Mapping[str, Any]) -> Array:
    cells = list(given[0].ravel())
    found = terms.make("arg_max", Type.WHOLE, *cells, low=0, high=len(cells) - 1)
    return as_terms([found], (1, 1) if attributes.get("keepdims", 1) else (1,))


def _trees(terms: Terms, given: list[Array], attributes: Mapping[str, Any]) -> Array:
    cells = given[0] if given[0].dtype == object else terms.constants(given[0])
    scores = as_forest(terms, list(cells.ravel()), attributes)
    return as_terms(scores, (1, len(scores)))


OPERATORS: dict[str, Any] = {
    "Add": _arithmetic("add"),
    "ArgMax": _arg_max,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Div": _arithmetic("div"),
    "Exp": _exp,
    "Expand": lambda _, given, __: np.broadcast_to(
        given[0], np.broadcast_shapes(given[0].shape, tuple(given[1]))
    ),
    "Floor": _function("floor", -INF, INF),
    "Gather": _gather,
    "IsInf": _truth("is_infinite"),
    "IsNaN": _truth("is_null"),
    "LabelEncoder": _label_encoder,
    "Less": _truth("less"),
    "LessOrEqual": _truth("less_or_equal"),
    "MatMul": _mat_mul,
    "Max": _extreme("greatest"),
    "Min": _extreme("least"),
    "Mul": _arithmetic("mul"),
    "ReduceSum": _reduce_sum,
    "Reshape": lambda _, given, __: given[0].reshape(tuple(given[1].tolist())),
    "Shape": lambda _, given, how: np.array(given[0].shape[how.get("start", 0) : how.get("end")], np.int64),
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Sqrt": _function("sqrt", 0.0, INF),
    "Sub": _arithmetic("sub"),
    "TreeEnsembleRegressor": _trees,
    "Where": _where,
}
"""How each operator of a program is said; the others are refused."""
