"""Vocabulary: the words that a program counts in the texts of a column, the most frequent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.program.message import read_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array
    from mlwright.core.graph import Graph, Node


def words_of(data: bytes, n_rows: int, n_least: int) -> dict[str, list[str]]:
    """Return for each column of texts the words that at least `n_least` of `n_rows` texts held.

    How many that were, the weights of words tell: inverse document frequencies, as `features.steps.text` has
    them. Only what consists of letters is a word here.
    """
    graph = read_message(data).graph
    made = {name: node for node in graph.nodes for name in node.outputs}
    most = np.log((1.0 + n_rows) / (1.0 + n_least)) + 1.0 + 1e-6
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        if node.op != "TfIdfVectorizer" or node.attributes["min_gram_length"] != 1:
            continue
        column, weights = _column(graph, made, node), _weights(graph, node)
        if column is None or weights is None or column in found:
            continue
        words = _alone(node)
        ranked = sorted(zip(weights.tolist(), words, strict=False), key=lambda one: one[0])
        found[column] = [word for weight, word in ranked if weight <= most and word.isalpha()]
    return found


def _alone(node: Node) -> list[str]:
    """Return the terms of one word; they come first."""
    pool: Any = node.attributes["pool_strings"]
    starts: Any = node.attributes["ngram_counts"]
    return list(pool[: int(starts[1])] if len(starts) > 1 else pool)


def _column(graph: Graph, made: Mapping[str, Node], node: Node) -> str | None:
    """Walk up to the column whose texts are counted."""
    names = {item.value: item.name for item in graph.inputs}
    at = node.inputs[0]
    while at not in names and at in made and made[at].inputs:
        at = made[at].inputs[0]
    return names.get(at)


def _weights(graph: Graph, node: Node) -> Array | None:
    """Return what the roots of the counts are multiplied by."""
    roots = {one.outputs[0] for one in graph.nodes if one.op == "Sqrt" and one.inputs[0] == node.outputs[0]}
    for one in graph.nodes:
        if one.op == "Mul" and one.inputs[0] in roots and one.inputs[1] in graph.constants:
            return np.asarray(graph.constants[one.inputs[1]]).reshape(-1)
    return None
