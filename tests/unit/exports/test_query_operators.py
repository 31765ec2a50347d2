"""Every operator of a program says in SQL what ONNX Runtime computes, in three databases."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mlwright.core.errors import UsageError
from mlwright.core.graph import MICROSOFT, ML, Graph
from mlwright.core.schema import Column, Kind, Schema
from mlwright.core.task import Link, Task
from mlwright.core.trees import Trees
from mlwright.exports.query.dialects import DIALECTS
from mlwright.exports.query.forest import threshold_text
from mlwright.exports.query.operators import OPERATORS
from mlwright.exports.query.statement import Statement
from mlwright.exports.query.trace import split_values, trace
from mlwright.program.onnx_file import read_onnx, write_onnx
from mlwright.program.runtime import PROBABILITIES, open_session
from mlwright.program.verify import OPERATORS as ALLOWED

SINGLE, DOUBLE, WHOLE = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64)
STRANGE = [
    *(
        0.0,
        1.0,
        -1.0,
        0.1,
        2.5,
        -0.5,
        1e-40,
        -1e-45,
        7.006492321624085e-46,
        7.0065e-46,
        1e-280,
        3.4e38,
        -3.4e38,
    ),
    *(3.4028235677973366e38, 3.4028235677973362e38, -1e300, 16_777_217.0, 16_777_219.0, 33_554_435.0, 1e10),
    *(
        1.0000000596046448,
        1.0000001788139343,
        2.0**-126,
        2.0**-149,
        1.5 * 2.0**-149,
        17.9,
        -18.1,
        87.0,
        -104.0,
    ),
    None,
]
ODD_WORDS = ["it's", 'say "hi"', "back\\slash", "{a, b}", "NULL"]
"""What a text in an array has to be quoted for."""
WORDS = ["red", "Größe", "", "你好", "never seen", " red ", "RED", None, *ODD_WORDS]
TABLE = np.array([[0.1, 5.0], [0.2, np.nan], [0.3, 5.0], [-1e-30, 5.0]], np.float32)


def numbers(n_random=200):
    """Return two columns: all pairs of strange numbers, and random ones of every size."""
    rng = np.random.default_rng(5)
    pairs = [(one, other) for one in STRANGE for other in STRANGE]
    sizes = rng.integers(-44, 38, (n_random, 2)).astype(float)
    pairs += (rng.standard_normal((n_random, 2)) * 10.0**sizes).tolist()
    pairs += rng.normal(0, 5, (n_random, 2)).tolist()
    return [list(column) for column in zip(*pairs, strict=True)]


def single(graph, value):
    return graph.add("Cast", value, to=SINGLE)


def flag(graph, truth):
    return graph.add("Cast", truth, to=SINGLE)


def codes(graph, word):
    return graph.add(
        "LabelEncoder",
        word,
        domain=ML,
        keys_strings=["", "red", "Größe", "你好", "it's"],
        values_int64s=[0, 2, 3, 3, 2],
        default_int64=1,
    )


def many_codes(graph, word):
    """Return codes of so many levels that they are looked up in a table."""
    levels = ["red", "Größe", *ODD_WORDS, *(f"level {i}" for i in range(55))]
    known = graph.add(
        "LabelEncoder",
        word,
        domain=ML,
        keys_strings=levels,
        values_int64s=list(range(1, 63)),
        default_int64=0,
    )
    table = np.linspace(0, 1, 63, dtype=np.float32)[:, None] * np.float32([[1, -2]])
    table[2, 1] = np.nan
    return graph.add(
        "Reshape",
        graph.add("Gather", graph.constant(table), known, axis=0),
        graph.constant([-1, 2], np.int64),
    )


def whole(graph, x):
    """Return a whole number from 0 to 8."""
    ends = graph.constant(0.0, np.float64), graph.constant(8.0, np.float64)
    known = graph.add("Where", graph.add("IsNaN", x), ends[0], x)
    return graph.add("Cast", graph.add("Floor", graph.add("Clip", known, *ends)), to=WHOLE)


def two(op):
    return lambda g, x, y, w: g.add(op, single(g, x), single(g, y))


def ratio(graph, x, y, w):
    """Return a ratio as programs have it: missing where it is infinite (SQL does not tell -0 from 0)."""
    found = two("Div")(graph, x, y, w)
    return graph.add("Where", graph.add("IsInf", found), graph.constant(np.nan), found)


def wide(op, value):
    return lambda g, x, y, w: g.add(op, x, g.constant(value, np.float64))


def small(graph, x):
    """Return a single within 20 of 0, no missing ones."""
    known = graph.add("Where", graph.add("IsNaN", x), graph.constant(0.0, np.float64), x)
    ends = graph.constant(-20.0, np.float64), graph.constant(20.0, np.float64)
    return single(graph, graph.add("Clip", known, *ends))


def three(graph, x, y):
    return graph.add(
        "Concat", small(graph, x), small(graph, y), graph.add("Sub", small(graph, x), small(graph, y)), axis=1
    )


def trees(graph, x, y, w):
    """Return the scores of trees with sets, shared children, two targets and thresholds among the cells."""
    chain = {
        "feature": np.array([0, 1, 1, 1, 2, -1, -1, -1, -1]),
        "threshold": np.array([0.1, 2.0, 3.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0]),
        "missing_left": np.array([True, False, False, False, True, False, False, False, False]),
        "left": np.array([1, 5, 5, 5, 6, 0, 0, 0, 0]),
        "right": np.array([4, 2, 3, 8, 7, 0, 0, 0, 0]),
        "values": np.array([[0, 0]] * 5 + [[0.1, 1.0], [1e-9, -3.0], [16_777_216.0, 0.3], [0.7, -0.1]]),
        "is_equal": np.array([False, True, True, True, False, False, False, False, False]),
        "cover": np.zeros(9),
    }
    edges = np.float32([1e10, -1e-45, 2.5, np.float32(-3.4e38), 16_777_218.0, 1.0])
    stumps = [
        {
            "feature": np.array([number % 2 * 2, -1, -1]),
            "threshold": np.array([float(edge), 0, 0]),
            "missing_left": np.array([number % 3 == 0] * 3),
            "left": np.array([1, 0, 0]),
            "right": np.array([2, 0, 0]),
            "values": np.array([[0, 0], [0.1 * number, -1 / 3], [1 / 3, 0.7]]),
            "cover": np.zeros(3),
        }
        for number, edge in enumerate(edges)
    ]
    model = Trees.join([chain, *stumps * 20], np.zeros(121, np.int64), 2)
    features = graph.add("Concat", single(graph, x), single(graph, codes(graph, w)), single(graph, y), axis=1)
    return model.lower(graph, features, "")


def deep_tree(graph, x, y, w):
    """Return what a tree of 13 levels says, the first of 300: SQLite's parser has not so many levels."""
    n_splits = 2**13 - 1
    order = np.arange(n_splits)
    edges = np.float32(np.random.default_rng(3).normal(0, 4, n_splits))
    none = np.zeros(n_splits + 1)
    tree = {
        "feature": np.concatenate([order % 2, none.astype(int) - 1]),
        "threshold": np.concatenate([edges.astype(float), none]),
        "missing_left": np.concatenate([order % 3 == 0, none.astype(bool)]),
        "left": np.concatenate([2 * order + 1, none.astype(int)]),
        "right": np.concatenate([2 * order + 2, none.astype(int)]),
        "values": np.arange(2.0 * n_splits + 1)[:, None] / 7,
        "cover": np.zeros(2 * n_splits + 1),
    }
    leaf = {name: np.asarray(values)[-1:] for name, values in tree.items()} | {"left": np.zeros(1, int)}
    leaf |= {"right": np.zeros(1, int), "values": np.array([[0.1]])}
    features = graph.add("Concat", single(graph, x), small(graph, y), axis=1)
    return Trees.join([tree, *[leaf] * 299], np.zeros(300, np.int64), 1).lower(graph, features, "")


EXACT = {
    "Cast": lambda g, x, y, w: single(g, x),
    "Add": two("Add"),
    "Sub": two("Sub"),
    "Mul": two("Mul"),
    "Div": ratio,
    "Add of doubles": wide("Add", 0.1),
    "Sub of doubles": wide("Sub", 1e9),
    "Mul of doubles": wide("Mul", 3.7),
    "Div of doubles": wide("Div", 86_400.0),
    "Max": lambda g, x, y, w: g.add("Max", single(g, x), g.constant(0.25)),
    "Min": lambda g, x, y, w: g.add("Min", small(g, x), small(g, y)),
    "Clip": lambda g, x, y, w: g.add("Clip", small(g, x), g.constant(-0.5), g.constant(2.0)),
    "Floor": lambda g, x, y, w: g.add("Floor", x),
    "Sqrt": lambda g, x, y, w: g.add("Sqrt", g.add("Mul", small(g, x), small(g, x))),
    "IsNaN": lambda g, x, y, w: g.add("Where", g.add("IsNaN", x), g.constant(-7.0), single(g, x)),
    "IsInf": lambda g, x, y, w: g.add(
        "Where", g.add("IsInf", two("Mul")(g, x, y, w)), g.constant(np.nan), single(g, y)
    ),
    "Where": lambda g, x, y, w: g.add("Where", g.add("Less", x, y), single(g, x), g.constant(0.5)),
    "Less": lambda g, x, y, w: flag(g, g.add("Less", single(g, x), single(g, y))),
    "LessOrEqual": lambda g, x, y, w: flag(g, g.add("LessOrEqual", single(g, x), single(g, y))),
    "LabelEncoder": lambda g, x, y, w: single(g, codes(g, w)),
    "LabelEncoder of numbers": lambda g, x, y, w: single(
        g,
        g.add(
            "LabelEncoder",
            whole(g, x),
            domain=ML,
            keys_int64s=[1, 8, 5, 77],
            values_int64s=[4, 9, 2, 3],
            default_int64=0,
        ),
    ),
    "Gather": lambda g, x, y, w: g.add(
        "Reshape", g.add("Gather", g.constant(TABLE), codes(g, w), axis=0), g.constant([-1, 2], np.int64)
    ),
    "Gather of a large table": lambda g, x, y, w: many_codes(g, w),
    "Gather of columns": lambda g, x, y, w: g.add(
        "Gather", g.add("Concat", single(g, x), single(g, y), axis=1), g.constant([1, 0, 1], np.int64), axis=1
    ),
    "whole numbers": lambda g, x, y, w: single(
        g,
        g.add(
            "Div",
            g.add("Sub", g.add("Mul", whole(g, x), g.constant(153, np.int64)), g.constant(-7, np.int64)),
            g.constant(5, np.int64),
        ),
    ),
    "ReduceSum": lambda g, x, y, w: single(
        g,
        g.add(
            "ReduceSum",
            g.add(
                "Cast",
                g.add(
                    "Less",
                    g.constant([[[-np.inf, 0.5, 2.5, np.inf]]]),
                    g.add("Reshape", single(g, x), g.constant([-1, 1, 1], np.int64)),
                ),
                to=WHOLE,
            ),
            g.constant([2], np.int64),
            keepdims=0,
        ),
    ),
    "ArgMax": lambda g, x, y, w: single(
        g, g.add("ArgMax", three(g, x, y), axis=1, keepdims=1, select_last_index=0)
    ),
    "Expand": lambda g, x, y, w: g.add(
        "Expand",
        g.constant([[0.25, 0.75]]),
        g.add("Concat", g.add("Shape", x, start=0, end=1), g.constant([1], np.int64), axis=0),
    ),
    "TreeEnsembleRegressor": trees,
    "TreeEnsembleRegressor of a deep tree": deep_tree,
}
"""Operators that round as IEEE says: SQL gives the same number, bit for bit."""
NEAR = {
    "Sigmoid": lambda g, x, y, w: g.add("Sigmoid", small(g, x)),
    "Exp": lambda g, x, y, w: g.add("Exp", g.add("Min", small(g, x), g.constant(3.0))),
    "Softmax": lambda g, x, y, w: g.add("Softmax", three(g, x, y), axis=1),
    "MatMul": lambda g, x, y, w: g.add(
        "Mul", g.add("MatMul", three(g, x, y), g.constant(np.arange(6).reshape(3, 2) - 0.3)), g.constant(0.01)
    ),
}
"""Operators that ONNX Runtime approximates, or adds up in an order of its own."""


def program(build):
    """Return a stand-in for a model whose program is this operator."""
    graph = Graph()
    inputs = graph.input("x", is_text=False), graph.input("y", is_text=False), graph.input("w", is_text=True)
    built = build(graph, *inputs)
    graph.output(PROBABILITIES, graph.add("Cast", built, to=DOUBLE))
    columns = tuple(
        Column(name=n, kind=k) for n, k in (("x", Kind.NUMBER), ("y", Kind.NUMBER), ("w", Kind.CATEGORY))
    )
    data = write_onnx(graph, {PROBABILITIES: (np.float64, 1)}, {})
    task = Task(kind="", link=Link.SIGMOID, target="t", metric="", metrics=(), classes=tuple(range(9)))
    return SimpleNamespace(program=data, schema=Schema(columns), inputs=("x", "y", "w"), task=task)


def answers_of(model, cells, database):
    """Return what ONNX Runtime says and what a database says, NaN for NULL."""
    session = open_session(model.program)
    x, y = (np.array([[np.nan if c is None else c] for c in cells[name]]) for name in ("x", "y"))
    w = np.array([[(c or "").strip()] for c in cells["w"]], dtype=object)
    feeds = {item.name: value for item, value in zip(session.get_inputs(), (x, y, w), strict=True)}
    expected = session.run(None, feeds)[0]
    task = Task(
        kind="", link=Link.SIGMOID, target="t", metric="", metrics=(), classes=tuple(range(expected.shape[1]))
    )
    model.task = task
    name, opened = database
    typed = {"x": ("number", cells["x"]), "y": ("number", cells["y"]), "w": ("text", cells["w"])}
    with opened(typed) as run:
        names, rows = run(Statement(model, DIALECTS[name]).text("input"))
    assert names == ["row", *(f"probability_{i}" for i in task.classes)]
    found = [[np.nan if cell is None else float(cell) for cell in row[1:]] for row in sorted(rows)]
    return np.array(found), expected.astype(np.float64)


def cells():
    x, y = numbers()
    return {"x": x, "y": y, "w": [WORDS[i % len(WORDS)] for i in range(len(x))]}


@pytest.mark.parametrize("name", EXACT)
def test_an_operator_gives_the_same_bits(name, database):
    found, expected = answers_of(program(EXACT[name]), cells(), database)
    wrong = np.flatnonzero(~((found == expected) | (np.isnan(found) & np.isnan(expected))).all(axis=1))
    rows = cells()
    shown = [(rows["x"][i], rows["y"][i], rows["w"][i], found[i], expected[i]) for i in wrong[:5]]
    assert not len(wrong), shown


@pytest.mark.parametrize("name", NEAR)
def test_an_operator_gives_nearly_the_same(name, database):
    found, expected = answers_of(program(NEAR[name]), cells(), database)
    np.testing.assert_allclose(found, expected, rtol=3e-7, atol=1.2e-7)


def test_every_operator_is_said_or_refused_by_name():
    words = {"Tokenizer", "TfIdfVectorizer", "ReduceL2"}
    histories = {"CumSum", "Flatten", "ScatterElements", "Slice", "Transpose", "Unsqueeze"}
    assert set(OPERATORS) | words | histories | {"Identity"} == ALLOWED


def test_what_cannot_be_said_is_refused_and_the_column_named():
    def words(graph, x, y, w):
        flat = graph.add("Reshape", w, graph.constant([-1], np.int64))
        return graph.add(
            "Tokenizer", flat, domain=MICROSOFT, mark=0, mincharnum=1, pad_value="", separators=[" "]
        )

    graph = Graph()
    texts = [words(graph, "", "", graph.input(name, is_text=True)) for name in ("it's", "a note")]
    graph.output(PROBABILITIES, graph.add("Concat", *texts, graph.input("shop", is_text=True), axis=0))
    says = (
        r"""'a note', "it's": it counts words there\. Train without: --exclude 'a note' --exclude "it's"\.$"""
    )
    with pytest.raises(UsageError, match=says):
        trace(graph, [PROBABILITIES])


@pytest.mark.parametrize("seed", range(5))
def test_a_threshold_is_written_short_and_cuts_alike(seed):
    rng = np.random.default_rng(seed)
    thresholds = rng.standard_normal(400).astype(np.float32) * np.float32(10.0) ** rng.integers(-40, 38, 400)
    for threshold in [
        *thresholds.astype(np.float32),
        np.float32(0),
        np.float32(1e-45),
        np.float32(1.0000000180025095e-35),
    ]:
        written = float(threshold_text(float(threshold)))
        assert float(threshold) <= written < float(np.nextafter(threshold, np.float32(np.inf)))
        assert len(threshold_text(float(threshold))) <= len(repr(float(threshold)))


def test_values_at_which_trees_split_raw_numbers_are_found():
    found = split_values_of(EXACT["TreeEnsembleRegressor"])
    assert found["x"] >= {float(np.float32(1e10)), 2.5, 16_777_218.0}
    assert set(found) == {"x", "y"}


def split_values_of(build):
    return split_values(read_onnx(program(build).program))
