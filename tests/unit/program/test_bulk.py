"""Many rows at once: a walk through trees gives the bits of ONNX Runtime, or is not used."""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from mlwright.core.graph import Graph
from mlwright.core.trees import Trees
from mlwright.program import bulk, runtime, walk
from mlwright.program.cut import cut
from mlwright.program.onnx_file import write_onnx
from mlwright.program.pairs import pairs_of
from mlwright.program.prove import probe_columns
from mlwright.program.runtime import Program, open_session

N_FEATURES = 5
CODES = (0, 1, 2, 31, 32, 40, 2_047, 2**24)
if find_spec("numba") is None:
    pytest.skip("the extra 'bulk' is not installed", allow_module_level=True)


@pytest.fixture(autouse=True)
def worth_it(monkeypatch):
    monkeypatch.setattr(bulk, "FEWEST_ROWS", 1)
    monkeypatch.setattr(bulk, "FEWEST_STEPS", 1)


def grown(rng, depth, width, is_set):
    """Make one tree; with sets, a chain of equalities whose members share what follows."""
    rows = []

    def node(level):
        here = len(rows)
        rows.append(None)
        if level == 0 or rng.random() < 0.1:
            rows[here] = (-1, 0.0, False, here, here, rng.normal(size=width), False)
            return here
        feature = int(rng.integers(N_FEATURES))
        if is_set and rng.random() < 0.5:
            inside, outside = node(level - 1), node(level - 1)
            chain = [here]
            for _ in range(int(rng.integers(0, 4))):
                chain.append(len(rows))
                rows.append(None)
            for at, after in zip(chain, [*chain[1:], outside], strict=True):
                empty = np.zeros(width)
                rows[at] = (feature, float(rng.choice(CODES)), False, inside, after, empty, True)
            return here
        left, right = node(level - 1), node(level - 1)
        threshold = rng.choice([rng.normal(), 0.0, -0.0, 1e-40, float(rng.integers(-2, 3))])
        rows[here] = (feature, threshold, bool(rng.random() < 0.5), left, right, np.zeros(width), False)
        return here

    node(depth)
    names = ("feature", "threshold", "missing_left", "left", "right", "values", "is_equal")
    tree = {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    return {**tree, "cover": np.zeros(len(rows))}


def forest(seed, *, n_trees=30, depth=6, n_scores=1, width=1, is_set=False):
    rng = np.random.default_rng(seed)
    parts = [grown(rng, int(rng.integers(0, depth + 1)), width, is_set) for _ in range(n_trees)]
    target = rng.integers(0, n_scores - width + 1, n_trees)
    return Trees.join(parts, target, n_scores)


def program_of(trees):
    graph = Graph()
    cells = [graph.input(f"x{i}", is_text=False) for i in range(N_FEATURES)]
    dense = graph.add("Cast", graph.add("Concat", *cells, axis=1), to=np.dtype(np.float32))
    scores = graph.add("Cast", trees.lower(graph, dense, ""), to=np.dtype(np.float64))
    graph.output("found", scores)
    facts = {"mlwright.columns": [item.name for item in graph.inputs]}
    return write_onnx(graph, {"found": (np.float64, trees.n_scores)}, facts)


def columns_of(trees, n_rows, seed=0):
    cells = bulk._hard_rows(trees)[:n_rows]
    rng = np.random.default_rng(seed)
    wide = rng.normal(size=(n_rows, N_FEATURES)).round(1)
    wide[: len(cells), : cells.shape[1]] = cells
    return {f"x{i}": wide[:, i].astype(np.float64) for i in range(N_FEATURES)}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "sort",
    [
        {}, {"is_set": True}, {"n_scores": 3}, {"n_scores": 4, "width": 4}, {"n_scores": 4, "width": 2},
        {"depth": 0}, {"depth": 14, "n_trees": 3}, {"n_trees": 1, "is_set": True},
    ],
)  # fmt: skip
@pytest.mark.parametrize("n_rows", [0, 1, 7, 32, 39, 40, 2_000])
def test_a_walk_gives_the_bits_of_the_runtime(seed, sort, n_rows):
    trees = forest(seed, **sort)
    data, columns = program_of(trees), columns_of(trees, n_rows)
    known = Program(data).run(columns)
    program = Program(data)
    assert program.hasten(data, 10**9)
    program.run(columns_of(trees, runtime._TRIED_ROWS))  # tried; from here on it is used
    assert program._bulk is not None
    assert program.run(columns).scores.tobytes() == known.scores.tobytes()


def test_a_trained_program_answers_alike_with_and_without(built, prepared):
    columns = probe_columns(built.parts, prepared.train.columns, 3)
    known = built.program.run(columns)
    program = Program(built.data)
    if not program.hasten(built.data, 10**9):
        pytest.fail("this program has trees")
    for _ in range(2 + runtime._TRIED_ROWS // len(known.scores)):
        found = program.run(columns)
        assert found.scores.tobytes() == known.scores.tobytes()
    assert program._bulk is not None


def test_what_the_runtime_joins_in_the_whole_it_joins_after_the_trees_too():
    graph, rng = Graph(), np.random.default_rng(0)
    cells = [graph.input(f"x{i}", is_text=False) for i in range(N_FEATURES)]
    dense = graph.add("Cast", graph.add("Concat", *cells, axis=1), to=np.dtype(np.float32))
    wide = graph.add("Concat", *[dense] * 60, axis=1)  # the runtime adds up 256 products at a time
    weights = graph.constant(rng.normal(size=(60 * N_FEATURES, 1)).astype(np.float32))
    line = graph.add("MatMul", wide, weights)
    line = graph.add("Add", line, graph.constant(np.array([0.3], np.float32)))
    both = graph.add("Add", forest(8).lower(graph, dense, ""), line)
    graph.output("found", graph.add("Cast", both, to=np.dtype(np.float64)))
    data = write_onnx(graph, {"found": (np.float64, 1)}, {"mlwright.columns": [f"x{i}" for i in range(5)]})
    columns = {f"x{i}": rng.normal(size=2_000) for i in range(N_FEATURES)}
    program = Program(data)
    assert program.hasten(data, 10**9)
    assert program.run(columns).scores.tobytes() == Program(data).run(columns).scores.tobytes()
    assert program._bulk is not None


def test_nothing_is_computed_twice(built):
    parts = cut(built.data)
    assert parts is not None
    before = open_session(parts.before())
    kinds = bulk.kinds_of(before) | dict.fromkeys(parts.reads, ("tensor(float)", None))
    assert set(parts.carried) <= set(kinds)
    done = {name for node in parts._before for name in node.outputs}
    assert done.isdisjoint(name for node in parts._after for name in node.outputs)
    assert {item.name for item in open_session(parts.after(kinds)).get_outputs()}


def test_a_walk_that_is_wrong_is_not_used(monkeypatch, caplog):
    data = program_of(forest(1))
    right = walk.scores_of
    monkeypatch.setattr(walk, "scores_of", lambda pairs, cells: right(pairs, cells) + np.float32(1e-6))
    with caplog.at_level(logging.WARNING, "mlwright.program"):
        assert not Program(data).hasten(data, 10**9)
    assert "other bits" in caplog.text


def test_a_way_that_is_wrong_as_a_whole_is_left_at_the_first_rows(monkeypatch, caplog):
    trees = forest(2)
    data, columns = program_of(trees), columns_of(trees, 50)
    program = Program(data)
    assert program.hasten(data, 10**9)
    monkeypatch.setattr(bulk.Bulk, "run", lambda self, feeds: [np.zeros((50, 1))])
    assert program.run(columns).scores.tobytes() == Program(data).run(columns).scores.tobytes()
    assert program._bulk is None
    assert "other bits" in caplog.text
    assert not program.hasten(data, 10**10)


def test_few_rows_are_no_trial(monkeypatch):
    trees = forest(6)
    data, columns = program_of(trees), columns_of(trees, 2_000)
    known = Program(data).run(columns)
    program = Program(data)
    assert program.hasten(data, 10**9)
    right = bulk.Bulk.run

    def first(self, feeds):
        (scores,) = right(self, feeds)
        return [scores[:1].repeat(len(scores), axis=0)]

    monkeypatch.setattr(bulk.Bulk, "run", first)
    assert program.run({name: cells[:1] for name, cells in columns.items()}).scores == known.scores[0]
    assert program._bulk is not None
    assert program.run(columns).scores.tobytes() == known.scores.tobytes()
    assert program._bulk is None


def test_a_single_row_does_not_go_the_long_way_round(monkeypatch):
    trees = forest(6)
    data, columns = program_of(trees), columns_of(trees, 2_000)
    program = Program(data)
    assert program.hasten(data, 10**9)
    program.run(columns)
    known = program.run({name: cells[:1] for name, cells in columns.items()})
    monkeypatch.setattr(bulk.Bulk, "run", failing)
    found = program.run({name: cells[:1] for name, cells in columns.items()})
    assert found.scores.tobytes() == known.scores.tobytes()
    assert program._bulk is not None


def failing(*given):
    raise RuntimeError("numba has no code for this")


@pytest.mark.parametrize("at", ["first", "rows"])
def test_a_way_that_fails_is_left_and_told(at, monkeypatch, caplog):
    trees = forest(7)
    data, columns = program_of(trees), columns_of(trees, 50)
    program = Program(data)
    if at == "first":
        monkeypatch.setattr(walk, "scores_of", failing)
    with caplog.at_level(logging.WARNING, "mlwright.program"):
        assert program.hasten(data, 10**9) is (at == "rows")
        monkeypatch.setattr(walk, "scores_of", failing)
        found = program.run(columns)
    assert found.scores.tobytes() == Program(data).run(columns).scores.tobytes()
    assert "ONNX Runtime. There is a faster way, but it failed (numba has no code" in caplog.text
    assert not program.hasten(data, 10**10)


def test_machine_code_that_is_switched_off_is_as_no_numba(monkeypatch):
    import numba

    walk.is_there.cache_clear()
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert not walk.is_there()
    walk.is_there.cache_clear()


def test_few_rows_are_not_worth_it(monkeypatch):
    monkeypatch.setattr(bulk, "FEWEST_STEPS", 10_000)
    data = program_of(forest(3, n_trees=10))
    assert not Program(data).hasten(data, 999)
    assert Program(data).hasten(data, 1_000)


def test_without_numba_all_is_as_before(monkeypatch):
    monkeypatch.setattr(walk, "is_there", lambda: False)
    trees = forest(4)
    data, columns = program_of(trees), columns_of(trees, 40)
    program = Program(data)
    assert not program.hasten(data, 10**9)
    assert program.run(columns).scores.shape == (40, 1)


@pytest.mark.parametrize("what", ["missing", -1.0, 1.5, 1e30])
def test_what_equals_no_code_is_left_to_the_runtime(what):
    trees = forest(5, is_set=True, n_trees=50)
    at = np.flatnonzero(trees.is_equal)[:1]
    if what == "missing":
        trees.missing_left[at] = True
    else:
        trees.threshold[at] = what
    assert pairs_of(trees) is None
    data = program_of(trees)
    assert not Program(data).hasten(data, 10**9)


def test_a_set_of_codes_is_one_step():
    codes = [0.0, 3.0, 5.0, 31.0]
    tree = {
        "feature": np.array([0, 0, 0, 0, -1, -1]), "threshold": np.array([*codes, 0, 0]),
        "missing_left": np.zeros(6, bool), "left": np.array([4, 4, 4, 4, 4, 5]),
        "right": np.array([1, 2, 3, 5, 4, 5]), "values": np.array([[0.0]] * 4 + [[1.0], [2.0]]),
        "is_equal": np.array([True] * 4 + [False] * 2), "cover": np.zeros(6),
    }  # fmt: skip
    pairs = pairs_of(Trees.join([tree], np.array([0]), 1))
    assert pairs is not None
    assert pairs.depth.tolist() == [1]
    rows = np.array([[*codes, 4, -3, 3.5, 35, np.nan, np.inf, -np.inf]], np.float32).T
    assert walk.scores_of(pairs, rows).ravel().tolist() == [1.0] * 4 + [2.0] * 7


def test_a_program_without_trees_has_nothing_to_hasten():
    graph = Graph()
    graph.output("found", graph.input("x0", is_text=False))
    data = write_onnx(graph, {"found": (np.float64, 1)}, {"mlwright.columns": ["x0"]})
    assert not Program(data).hasten(data, 10**9)


def test_numba_that_cannot_be_imported_is_told(monkeypatch, caplog, tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs another NumPy')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    walk.is_there.cache_clear()
    with caplog.at_level(logging.WARNING, "mlwright.program"):
        assert not walk.is_there()
    assert "Numba needs another NumPy" in caplog.text
    walk.is_there.cache_clear()


def test_a_way_that_does_not_pay_is_not_looked_for_again(monkeypatch):
    asked = []
    monkeypatch.setattr(bulk, "hastened", lambda data, n_rows, start, outputs: asked.append(n_rows))
    data = program_of(forest(3, n_trees=10))
    program = Program(data)
    assert not any(program.hasten(data, n_rows) for n_rows in (500, 400, 500, 600))
    assert asked == [500, 600]
