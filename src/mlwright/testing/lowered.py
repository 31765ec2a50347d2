"""Lowered: runs what a plug-in writes into a program, without the rest of a program around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.graph import MICROSOFT, Graph, first_columns
from mlwright.core.recommender import Given
from mlwright.core.schema import NUMERIC
from mlwright.features.encoder import Encoder
from mlwright.program.onnx_file import write_onnx
from mlwright.program.runtime import Program
from mlwright.ranking.words import BETWEEN, NOTHING, TRAITS, written

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns
    from mlwright.core.combination import FittedCombination, Ingredients
    from mlwright.core.learner import FittedModel, Matrix
    from mlwright.core.recommender import FittedRecommender, Histories
    from mlwright.core.schema import Schema
    from mlwright.core.step import FittedStep, Table


def run_graph(graph: Graph, value: str, columns: Columns) -> Array:
    """Compute one value, shape (n_rows, width), for typed columns."""
    graph.output("found", graph.add("Cast", value, to=np.dtype(np.float64)))
    facts = {"mlwright.columns": [item.name for item in graph.inputs]}
    return Program(write_onnx(graph, {"found": (np.float64, 1)}, facts)).run(columns).scores


def lowered_step(step: FittedStep, schema: Schema, columns: Columns, part: str) -> Array | None:
    """Compute the part ("dense", "codes", "terms") of a step in a program; None if it has no such part."""
    graph = Graph()
    names = step.layout.reads
    inputs = {name: graph.input(name, is_text=schema[name].kind not in NUMERIC) for name in names}
    value = getattr(step.lower(graph, inputs), part)
    return run_graph(graph, value, columns) if value else None


def lowered_scores(model: FittedModel, matrix: Matrix) -> Array:
    """Compute a model's raw scores in a program that reads the features themselves."""
    graph = Graph()
    columns: dict[str, Array] = {}
    dense = _declare(graph, columns, "dense", matrix.dense)
    terms = "" if matrix.terms is None else _declare(graph, columns, "term", matrix.terms.toarray())
    return run_graph(graph, model.lower(graph, dense, terms), columns)


def lowered_combination(fitted: FittedCombination, rows: Ingredients) -> Array:
    """Compute combined features in a program that reads what they are made of."""
    graph = Graph()
    columns: dict[str, Array] = {}
    dense = _declare(graph, columns, "dense", rows.dense)
    keys = graph.add("Cast", _declare(graph, columns, "key", rows.keys), to=np.dtype(np.int64))
    return run_graph(graph, fitted.lower(graph, dense, keys), columns)


def lowered_ranking(fitted: FittedRecommender, asked: Histories) -> Array:
    """Compute a recommender's scores in a program that reads codes of items and what each counts."""
    graph, n_items = Graph(), asked.n_items
    columns: dict[str, Array] = {}
    longest = max(1, int(asked.lengths.max(initial=0)))
    codes, weights = np.full((asked.n_users, longest), n_items), np.zeros((asked.n_users, longest))
    codes[asked.users, asked.positions], weights[asked.users, asked.positions] = asked.items, asked.strengths
    items = graph.add("Cast", _declare(graph, columns, "code", codes), to=np.dtype(np.int64))
    counts = _declare(graph, columns, "weight", weights)
    size = graph.add("Shape", items, start=0, end=1)
    n_rows = graph.add("Concat", size, graph.constant([1], np.int64), axis=0)
    empty = graph.add("Expand", graph.constant(np.zeros((1, n_items + 1))), n_rows)
    dense = graph.add("ScatterElements", empty, items, counts, axis=1, reduction="add")
    words = _words(graph, columns, asked) if fitted.reads_traits else ""
    scores = fitted.lower(graph, Given(items, counts, dense, n_rows, words))
    return run_graph(graph, first_columns(graph, scores, n_items), columns)


def _words(graph: Graph, columns: dict[str, Array], asked: Histories) -> str:
    """Give a program the words of the users, as it reads them."""
    said = [() if asked.traits is None else asked.traits.said(user) for user in range(asked.n_users)]
    columns[TRAITS] = np.array(list(map(written, said)), dtype=object)
    text = graph.input(TRAITS, is_text=True)
    flat = graph.add("Reshape", text, graph.constant([-1], np.int64))
    cut: dict[str, Any] = {"mark": 0, "mincharnum": 1, "pad_value": NOTHING, "separators": [BETWEEN]}
    return graph.add("Tokenizer", flat, domain=MICROSOFT, **cut)


def _declare(graph: Graph, columns: dict[str, Array], prefix: str, features: Array) -> str:
    names = [f"{prefix} {i}" for i in range(features.shape[1])]
    columns.update({name: features[:, i].astype(np.float64) for i, name in enumerate(names)})
    inputs = [graph.input(name, is_text=False) for name in names]
    return graph.add("Cast", graph.add("Concat", *inputs, axis=1), to=np.dtype(np.float32))


def lowered_table(table: Table, codes: Array) -> Array:
    """Look codes up in a program."""
    graph = Graph()
    given = graph.add("Cast", graph.input("code", is_text=False), to=np.dtype(np.int64))
    value = Encoder((((0, table),),)).lower(graph, "", given)
    return run_graph(graph, value, {"code": codes.astype(np.float64)})
