"""What each operator of a program gives, told from what it reads: types, shapes, ranges of whole numbers.

Every program of ours is made of these, used so. Worked out before native code sees the file, they show that
no table is read beyond its end, that nothing divides by zero, that no value grows beyond what a row may take,
and that no row sees another: of the first dimension, the rows, nothing is ever chosen, added up or moved.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.graph import MICROSOFT, ML, Node
from mlwright.program.ensembles import verify_trees
from mlwright.program.histories import MOST_WORDS, OPEN, RULES, lengthened
from mlwright.program.value import (
    DOUBLE,
    ROWS,
    SINGLE,
    TEXT,
    TRUTH,
    WHOLE,
    WORDS,
    Value,
    axis_of,
    misused,
    plain,
)
from mlwright.ranking.words import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Callable

_EXACT = 2.0**52
"""Whole numbers up to here are followed; beyond, any may come out."""


def result(node: Node, given: list[Value]) -> Value:
    """Return what a node gives; raise ArtifactError if no program of ours has such a node."""
    if node.op not in _RULES:
        message = f"program.onnx contains the operator {node.op[:40]!r}, which no program of mlwright has."
        raise ArtifactError(message)
    domain, rule = _RULES[node.op]
    if node.domain != domain:
        raise misused(node, f"it is of the domain {node.domain[:40]!r}")
    if all(value.content is not None for value in given):
        raise misused(node, "it reads nothing of a row")
    if node.op not in OPEN and any(value.is_open for value in given):
        raise misused(node, "it reads as many cells as a text has words")
    return rule(node, given)


def _same(node: Node, given: list[Value], kinds: tuple[str, ...], n_inputs: int) -> str:
    """Return the one type of all inputs, which is among these."""
    found = {value.kind for value in given}
    if len(given) != n_inputs or len(found) != 1 or not found <= set(kinds):
        raise misused(node, "it reads other values than it can")
    return found.pop()


def _broadcast(node: Node, *values: Value) -> tuple[int, ...]:
    """Return the shape of cells side by side; the rows stay the first dimension."""
    rank = max(len(value.shape) for value in values)
    shape = []
    for sizes in zip(*((1,) * (rank - len(v.shape)) + v.shape for v in values), strict=True):
        known = {size for size in sizes if size != 1}
        if len(known) > 1:
            raise misused(node, "its inputs do not fit side by side")
        shape.append(known.pop() if known else 1)
    if not shape or shape[0] != ROWS:
        raise misused(node, "it gives a value that is not one of rows")
    return tuple(shape)


def _arithmetic(node: Node, given: list[Value]) -> Value:
    plain(node)
    kind = _same(node, given, (SINGLE, DOUBLE, WHOLE), 2)
    shape = _broadcast(node, *given)
    if kind != WHOLE:
        return Value(kind=kind, shape=shape)
    one, other = given
    if node.op == "Div" and (other.content is None or (other.content <= 0).any()):
        raise misused(node, "whole numbers are divided by what may be zero")
    operations = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}
    if node.op not in operations:
        return Value(kind=kind, shape=shape)
    with np.errstate(invalid="ignore"):
        ends = [operations[node.op](a, b) for a in (one.low, one.high) for b in (other.low, other.high)]
    same = np.broadcast_arrays(*ends)
    low, high = np.min(same, axis=0), np.max(same, axis=0)
    is_exact = bool((np.abs(low) < _EXACT).all() and (np.abs(high) < _EXACT).all())
    return Value(kind=kind, shape=shape, low=low, high=high) if is_exact else Value(kind=kind, shape=shape)


def _extreme(node: Node, given: list[Value]) -> Value:
    plain(node)
    if node.op == "Min" and {value.kind for value in given} == {WHOLE} and len(given) == 2:
        low, high = (np.minimum(*ends) for ends in zip(*((v.low, v.high) for v in given), strict=True))
        return Value(kind=WHOLE, shape=_broadcast(node, *given), low=low, high=high)
    return Value(kind=_same(node, given, (SINGLE, DOUBLE), 2), shape=_broadcast(node, *given))


def _compared(node: Node, given: list[Value]) -> Value:
    plain(node)
    _same(node, given, (SINGLE, DOUBLE, WHOLE), 2)
    high = np.ones(1)
    if node.op == "Less" and given[0].content is not None:
        with np.errstate(invalid="ignore"):
            high = (given[0].content < np.inf).astype(np.float64)  # nothing is more than infinity or NaN
    return Value(kind=TRUTH, shape=_broadcast(node, *given), low=np.zeros(1), high=high)


def _elementwise(node: Node, given: list[Value]) -> Value:
    plain(node)
    return Value(kind=_same(node, given, (SINGLE, DOUBLE), 1), shape=given[0].shape)


def _tested(node: Node, given: list[Value]) -> Value:
    return replace(_elementwise(node, given), kind=TRUTH, low=np.zeros(1), high=np.ones(1))


def _where(node: Node, given: list[Value]) -> Value:
    plain(node)
    if len(given) != 3 or given[0].kind != TRUTH:
        raise misused(node, "it reads other values than it can")
    kind = _same(node, given[1:], (SINGLE, DOUBLE, WHOLE), 2)
    return Value(kind=kind, shape=_broadcast(node, *given))


def _clip(node: Node, given: list[Value]) -> Value:
    plain(node)
    kind = _same(node, given, (SINGLE, DOUBLE), 3)
    if any(value.content is None or value.shape for value in given[1:]):
        raise misused(node, "its ends are not two constants")
    return Value(kind=kind, shape=given[0].shape)


def _cast(node: Node, given: list[Value]) -> Value:
    if len(given) != 1 or set(node.attributes) != {"to"}:
        raise misused(node, "it reads other values than it can")
    kind = getattr(node.attributes["to"], "name", "")
    if given[0].kind == TEXT and (kind != SINGLE or WORDS not in given[0].shape):
        raise misused(node, "it reads numbers from other texts than words")
    is_whole = kind == WHOLE and given[0].kind in (WHOLE, TRUTH)
    return replace(given[0], kind=kind) if is_whole else Value(kind=kind, shape=given[0].shape)


def _concat(node: Node, given: list[Value]) -> Value:
    if given and given[0].dims:
        plain(node, axis=0)
        sizes = [
            value.dims if value.content is None else tuple(value.content.ravel().tolist()) for value in given
        ]
        dims = tuple(size for part in sizes for size in part)
        return Value(kind=WHOLE, shape=(len(dims),), dims=dims)
    plain(node, axis=1)
    if any(value.is_open for value in given):
        return lengthened(node, given)
    kind = _same(node, given, (SINGLE, DOUBLE, WHOLE, TRUTH), len(given))
    if any(len(value.shape) != 2 or value.shape[0] != ROWS for value in given):
        raise misused(node, "it joins values that are not tables of rows")
    ends = [
        np.concatenate([np.broadcast_to(end, (1, value.width)) for end, value in pairs], axis=1)
        for pairs in (
            [(value.low, value) for value in given],
            [(value.high, value) for value in given],
        )
    ]
    return Value(kind=kind, shape=(ROWS, sum(v.width for v in given)), low=ends[0], high=ends[1])


def _gather(node: Node, given: list[Value]) -> Value:
    if len(given) != 2 or given[1].kind != WHOLE:
        raise misused(node, "it looks up by what is no whole number")
    table, at = given
    if table.content is not None:
        plain(node, axis=0)
        is_within = at.shape[0] == ROWS and bool((at.low >= 0).all() and (at.high < table.shape[0]).all())
        if not is_within:
            raise misused(node, "it may look beyond the end of its table")
        shape = (*at.shape, *table.shape[1:])
        if table.kind != WHOLE:
            return Value(kind=table.kind, shape=shape)
        ends = [np.array([end]) for end in (table.content.min(), table.content.max())]
        return Value(kind=WHOLE, shape=shape, low=ends[0].astype(np.float64), high=ends[1].astype(np.float64))
    if table.is_open:
        raise misused(node, "it chooses among words")
    plain(node, axis=1)
    if at.content is None or len(at.shape) != 1 or len(table.shape) != 2 or table.shape[0] != ROWS:
        raise misused(node, "it chooses other things than columns")
    if (at.content < 0).any() or (at.content >= table.width).any():
        raise misused(node, f"it chooses a column beyond the {table.width} that there are")
    ends = [np.broadcast_to(end, (1, table.width))[:, at.content] for end in (table.low, table.high)]
    return Value(kind=table.kind, shape=(ROWS, len(at.content)), low=ends[0], high=ends[1])


def _reshape(node: Node, given: list[Value]) -> Value:
    plain(node)
    if len(given) != 2 or given[1].content is None or given[1].kind != WHOLE:
        raise misused(node, "it reads other values than it can")
    sizes = tuple(int(size) for size in given[1].content.ravel())
    is_same = given[0].shape[0] == ROWS and sizes[0] == -1 and min(sizes[1:], default=1) > 0
    if not is_same or prod(sizes[1:]) != given[0].width:
        raise misused(node, "it moves cells from row to row")
    return Value(kind=given[0].kind, shape=(ROWS, *sizes[1:]))


def _shape(node: Node, given: list[Value]) -> Value:
    plain(node, start=0, end=1)
    if len(given) != 1 or given[0].shape[0] != ROWS:
        raise misused(node, "it counts something other than rows")
    return Value(kind=WHOLE, shape=(1,), dims=(ROWS,))


def _expand(node: Node, given: list[Value]) -> Value:
    plain(node)
    if len(given) != 2 or given[0].content is None or given[1].dims != (ROWS, 1) or len(given[0].shape) != 2:
        raise misused(node, "it repeats something other than one row")
    shape = _broadcast(node, given[0], Value(kind="", shape=(ROWS, 1)))
    return Value(kind=given[0].kind, shape=shape, low=given[0].low, high=given[0].high)


def _product(node: Node, given: list[Value]) -> Value:
    plain(node)
    kind = _same(node, given, (SINGLE, DOUBLE), 2)
    one, other = given
    if other.content is None:
        return Value(kind=kind, shape=_own_product(node, one, other))
    is_fit = len(one.shape) in (2, 3) and one.shape[0] == ROWS and len(other.shape) == 2
    if not is_fit or other.shape[0] != one.shape[-1]:
        raise misused(node, "its tables do not fit")
    return Value(kind=kind, shape=(*one.shape[:-1], other.shape[1]))


def _own_product(node: Node, one: Value, other: Value) -> tuple[int, ...]:
    """Return the shape where every row has two tables of its own, no larger than the words that are kept."""
    is_fit = all(len(value.shape) == 3 and value.shape[0] == ROWS for value in (one, other))
    if not is_fit or one.shape[2] != other.shape[1] or max(*one.shape, *other.shape) > MOST_WORDS:
        raise misused(node, "its tables do not fit")
    return (ROWS, one.shape[1], other.shape[2])


def _turned(node: Node, given: list[Value]) -> Value:
    """Exchange rows and columns of each row's own table."""
    if set(node.attributes) != {"perm"} or not np.array_equal(np.asarray(node.attributes["perm"]), [0, 2, 1]):
        raise misused(node, "its attributes are others than mlwright writes")
    kind = _same(node, given, (SINGLE,), 1)
    if len(given[0].shape) != 3 or given[0].shape[0] != ROWS:
        raise misused(node, "it moves cells from row to row")
    return Value(kind=kind, shape=(ROWS, given[0].shape[2], given[0].shape[1]))


def _sum(node: Node, given: list[Value]) -> Value:
    """Of whole numbers, so that the order does not matter, over the last of three dimensions."""
    plain(node, keepdims=0)
    if len(given) != 2 or given[0].kind != WHOLE or len(given[0].shape) != 3 or axis_of(given[1]) != 2:
        raise misused(node, "it adds up other things than mlwright does")
    shape = (1, *given[0].shape[1:])
    low, high = (np.broadcast_to(end, shape).sum(axis=2) for end in (given[0].low, given[0].high))
    return Value(kind=WHOLE, shape=given[0].shape[:2], low=low, high=high)


def _length(node: Node, given: list[Value]) -> Value:
    plain(node, keepdims=1)
    if len(given) != 2 or given[0].kind != SINGLE or len(given[0].shape) != 2 or axis_of(given[1]) != 1:
        raise misused(node, "it adds up other things than mlwright does")
    return Value(kind=SINGLE, shape=(ROWS, 1))


def _softmax(node: Node, given: list[Value]) -> Value:
    kind = _same(node, given, (SINGLE,), 1)
    plain(node, axis=max(1, len(given[0].shape) - 1))
    if given[0].shape[0] != ROWS:
        raise misused(node, "it reads a value that is not one of rows")
    return Value(kind=kind, shape=given[0].shape)


def _likeliest(node: Node, given: list[Value]) -> Value:
    keeps = node.attributes.get("keepdims")
    plain(node, axis=1, keepdims=1 if keeps else 0, select_last_index=0)
    _same(node, given, (SINGLE,), 1)
    if len(given[0].shape) != 2:
        raise misused(node, "it chooses among other things than columns")
    shape = (ROWS, 1) if keeps else (ROWS,)
    return Value(kind=WHOLE, shape=shape, low=np.zeros(1), high=np.array([given[0].width - 1.0]))


def _encoded(node: Node, given: list[Value]) -> Value:
    """Look up codes by texts or by whole numbers; what is not among the keys gets the default."""
    keys, kind = ("keys_strings", TEXT) if "keys_strings" in node.attributes else ("keys_int64s", WHOLE)
    _same(node, given, (kind,), 1)
    if set(node.attributes) != {keys, "values_int64s", "default_int64"}:
        raise misused(node, "its attributes are others than mlwright writes")
    known: Any = node.attributes
    default, values = known["default_int64"], known["values_int64s"]
    if not isinstance(default, int) or not isinstance(values, np.ndarray) or values.dtype != np.int64:
        raise misused(node, "its attributes are others than mlwright writes")
    if not 0 < len(known[keys]) == len(values):
        raise misused(node, f"it has {len(known[keys])} keys and {len(values)} values")
    ends = np.append(values, default).astype(np.float64)
    return Value(kind=WHOLE, shape=given[0].shape, low=ends.min(keepdims=True), high=ends.max(keepdims=True))


def _trees(node: Node, given: list[Value]) -> Value:
    _same(node, given, (SINGLE,), 1)
    if len(given[0].shape) != 2:
        raise misused(node, "it reads something other than a table")
    return Value(kind=SINGLE, shape=(ROWS, verify_trees(node.attributes, given[0].width)))


def _words(node: Node, given: list[Value]) -> Value:
    cut: dict[str, Any] = {"tokenexp": "."}
    if "separators" in node.attributes:
        cut = {"separators": [BETWEEN] if node.attributes["separators"] == [BETWEEN] else [" "]}
    is_number = node.attributes.get("pad_value") == "0"  # of numbers, what fills up is one
    plain(node, mark=0, mincharnum=1, pad_value="0" if is_number else "\x01", **cut)
    _same(node, given, (TEXT,), 1)
    if given[0].shape != (ROWS,):
        raise misused(node, "it reads something other than one text a row")
    return Value(kind=TEXT, shape=(ROWS, WORDS))


def _counts(node: Node, given: list[Value]) -> Value:
    """Count known sequences of words; `ngram_counts` says where those of each length begin in the pool."""
    _same(node, given, (TEXT,), 1)
    known: Any = node.attributes
    terms, starts, pool = (known.get(name, ()) for name in ("ngram_indexes", "ngram_counts", "pool_strings"))
    shortest, longest = (known.get(name) for name in ("min_gram_length", "max_gram_length"))
    rest = {name: value for name, value in known.items() if not isinstance(value, np.ndarray | list)}
    if rest != {"mode": "TF", "max_skip_count": 0, "min_gram_length": shortest, "max_gram_length": longest}:
        raise misused(node, "its attributes are others than mlwright writes")
    is_cut = given[0].shape == (ROWS, WORDS) and 1 <= shortest <= longest == len(starts) <= _LONGEST_TERM
    if not is_cut or not np.array_equal(terms, np.arange(len(terms))) or len(known) != len(rest) + 3:
        raise misused(node, "its terms are not numbered as mlwright does")
    sizes = np.diff([*starts, len(pool)])
    lengths = np.arange(1, longest + 1)
    is_whole = (sizes >= 0).all() and not (sizes % lengths).any() and not any(starts[: int(shortest)])
    if not is_whole or (sizes // lengths).sum() != len(terms) or not len(terms):
        raise misused(node, "its terms do not fit into its pool of words")
    return Value(kind=SINGLE, shape=(ROWS, len(terms)))


_LONGEST_TERM = 16

_RULES: dict[str, tuple[str, Callable[[Node, list[Value]], Value]]] = {
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), ("", _arithmetic)),
    **dict.fromkeys(("Max", "Min"), ("", _extreme)),
    **dict.fromkeys(("Less", "LessOrEqual"), ("", _compared)),
    **dict.fromkeys(("Exp", "Floor", "Sigmoid", "Sqrt"), ("", _elementwise)),
    **dict.fromkeys(("IsInf", "IsNaN"), ("", _tested)),
    "ArgMax": ("", _likeliest),
    "Cast": ("", _cast),
    "Clip": ("", _clip),
    "Concat": ("", _concat),
    "Expand": ("", _expand),
    "Gather": ("", _gather),
    "LabelEncoder": (ML, _encoded),
    "MatMul": ("", _product),
    "ReduceL2": ("", _length),
    "ReduceSum": ("", _sum),
    "Reshape": ("", _reshape),
    "Shape": ("", _shape),
    "Softmax": ("", _softmax),
    "TfIdfVectorizer": ("", _counts),
    "Tokenizer": (MICROSOFT, _words),
    "Transpose": ("", _turned),
    "TreeEnsembleRegressor": (ML, _trees),
    "Where": ("", _where),
    **{op: ("", rule) for op, rule in RULES.items()},
}

OPERATORS = frozenset({*_RULES, "Identity"})
"""All that a program is made of; `Identity` gives an answer its name."""
