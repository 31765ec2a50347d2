"""Facts: what the features of a program are made of, read out of its graph by the recipe in the evidence.

The steps, encodings and combinations do not describe themselves a second time: the numbers that they learned
stand in the program as constants, at places that their lowering gives them. A reader for each is below. If a
lowering changes, its reader refuses, or the project differs and the proof says so; nothing wrong is written.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.arrays import Array
    from mlwright.core.graph import Node
    from mlwright.exports.eject.trace import Trace

Facts = dict[str, Any]

SIGNS = ("+", "-", "*", "/")
"""Of the operations on two numbers, in the order of their ids."""


def read_facts(trace: Trace, recipe: dict[str, Any], matrices: list[str]) -> Facts:
    """Return the content of `features.json`: choices and learned numbers, as JSON values.

    `matrices` are the graph values of the feature sets, in their order.
    """
    steps = {step["step"]: step for step in recipe["steps"]}
    found: Facts = {}
    for name, read in STEPS.items():
        if name in steps:
            found |= read(trace, steps[name])
    has_dense = any(step["dense"] for step in recipe["steps"])
    sizes = {item["column"]: len(item["levels"]) + 2 for item in found.get("categories", [])}
    sets = [
        _Set(trace, _without_trend(chosen, recipe), sizes, _parts(trace, matrix, chosen, has_dense=has_dense))
        for chosen, matrix in zip(recipe["sets"], matrices, strict=True)
    ]
    for one in sets:
        one.encode(found.get("categories", []))
    found["categories"] = [
        {key: item[key] for key in ("column", "levels", "one_hot", "means") if key in item}
        for item in found.get("categories", [])
    ]
    found["sets"] = [
        {**one.to_json(), **_words(chosen.get("words", []), found.get("texts", []))}
        for one, chosen in zip(sets, recipe["sets"], strict=True)
    ]
    return found


def _words(places: list[int], texts: list[Facts]) -> Facts:
    """Return which terms of which texts a set tells to be there; `places` are among those of all texts."""
    found, start = [], 0
    for item in texts:
        end = start + len(item["terms"])
        terms = [item["terms"][place - start] for place in places if start <= place < end]
        found += [{**item, "terms": terms}] if terms else []
        start = end
    return {"words": found} if found else {}


def _without_trend(chosen: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """Name the features that a set ignores when it is learned from."""
    trend = [name for step in recipe["steps"] for name in step["trend"]]
    return {**chosen, "ignores": trend if chosen["ignores_trend"] else []}


def _numbers(trace: Trace, step: dict[str, Any]) -> Facts:
    cells = tuple(trace.inputs[name] for name in step["reads"])
    table = next(node for node in trace.readers(cells[0], "Concat") if node.inputs == cells)
    moved = trace.readers(table.outputs[0], "Sub")
    shifts = trace.constant(moved[0].inputs[1])[0].tolist() if moved else [0.0] * len(cells)
    return {"numbers": [{"column": c, "shift": s} for c, s in zip(step["reads"], shifts, strict=True)]}


def _dates(trace: Trace, step: dict[str, Any]) -> Facts:
    parts: dict[str, list[str]] = {}
    for name in step["dense"]:
        column, part = name.rsplit(".", 1)
        parts.setdefault(column, []).append(part)
    found: list[Facts] = []
    for column, names in parts.items():
        moment = trace.inputs[column]  # other dates may count from this one
        counted = [node for node in trace.readers(moment, "Sub") if node.inputs[0] == moment]
        since = counted[0] if "days" in names else None
        clock = next((c for c, value in trace.inputs.items() if since and value == since.inputs[1]), "")
        origin = float(trace.constant(since.inputs[1])) if since and not clock else 0.0
        found.append({"column": column, "origin": origin, "clock": clock, "parts": names})
    return {"dates": found}


def _categories(trace: Trace, step: dict[str, Any]) -> Facts:
    found: list[Facts] = []
    for column in step["reads"]:
        (node,) = trace.readers(trace.inputs[column], "LabelEncoder")
        keys: Any = node.attributes["keys_strings"]
        found.append({"column": column, "levels": keys[1:]})  # the first is the empty cell
    return {"categories": found}


def _texts(trace: Trace, step: dict[str, Any]) -> Facts:
    bags = [(column, node) for column in step["reads"] for node in counters(trace, column)]
    texts = []
    for column, node in bags:
        by_letters = "tokenexp" in trace.maker(node.inputs[0], "Tokenizer").attributes
        terms = list(_terms(node, "" if by_letters else " "))
        texts.append({"column": column, "letters": by_letters, "terms": terms})
    return {"texts": texts, "themes": step["dense"]}


def counters(trace: Trace, column: str) -> list[Node]:
    """Return the nodes that count the terms of a text column."""
    flat = [node.outputs[0] for node in trace.readers(trace.inputs[column], "Reshape")]
    tokens = [node.outputs[0] for value in flat for node in trace.readers(value, "Tokenizer")]
    return [node for value in tokens for node in trace.readers(value, "TfIdfVectorizer")]


def _terms(node: Node, between: str) -> Iterator[str]:
    pool: Any = node.attributes["pool_strings"]
    starts: Any = node.attributes["ngram_counts"]
    for length, (start, end) in enumerate(pairwise([*starts, len(pool)]), 1):
        for place in range(start, end, length):
            yield between.join(pool[place : place + length])


STEPS = {"number": _numbers, "calendar": _dates, "category": _categories, "text": _texts}


def _parts(trace: Trace, matrix: str, chosen: dict[str, Any], *, has_dense: bool) -> Iterator[str]:
    """Return the values side by side in a matrix after the dense features, in their order."""
    n_encoded = sum(len(set(widths.values())) for widths in chosen["encodings"].values())
    n_combined = len({item["combination"] for item in chosen["combined"]})
    n_parts = has_dense + n_encoded + n_combined + bool(chosen.get("words"))
    parts = trace.maker(matrix, "Concat").inputs if n_parts > 1 else (matrix,)
    return iter(parts[1:] if has_dense else parts)


@final
class _Set:
    """One set of features: reads its parts in the order in which they were put side by side."""

    def __init__(
        self, trace: Trace, chosen: dict[str, Any], sizes: dict[str, int], parts: Iterator[str]
    ) -> None:
        self._trace, self._chosen, self._sizes = trace, chosen, sizes
        self._tables: dict[str, dict[str, Array]] = {}
        for name, widths in chosen["encodings"].items():
            self._tables[name] = self._encoded(widths, parts)
        self._values = {
            name: next(parts) for name in dict.fromkeys(c["combination"] for c in chosen["combined"])
        }
        self._edges = self._bins()

    def _encoded(self, widths: dict[str, int], parts: Iterator[str]) -> dict[str, Array]:
        found = {}
        for width in sorted(set(widths.values())):
            table = self._trace.constant(self._trace.above(next(parts), "Reshape", "Gather").inputs[0])
            start = 0
            for column in (name for name, other in widths.items() if other == width):
                found[column] = table[start : start + self._sizes[column]]
                start += self._sizes[column]
        return found

    def encode(self, categories: list[Facts]) -> None:
        """Add what the encodings of this set learned to the facts of the columns."""
        for item in categories:
            if item["column"] in self._tables.get("one_hot", {}):
                item["one_hot"] = np.flatnonzero(self._tables["one_hot"][item["column"]].any(axis=1)).tolist()
            if item["column"] in self._tables.get("target_mean", {}):
                item["means"] = self._tables["target_mean"][item["column"]].tolist()

    def to_json(self) -> Facts:
        """Return the facts of the set."""
        found: Facts = {
            "encodings": [name for name, tables in self._tables.items() if tables],
            "ignores": self._chosen["ignores"],
        }
        if self._edges:
            found["bins"] = [{"of": name, "edges": edges.tolist()} for name, edges in self._edges.items()]
        sizes = {**self._sizes, **{name: len(edges) + 2 for name, edges in self._edges.items()}}
        for name, value in self._values.items():
            those = [item for item in self._chosen["combined"] if item["combination"] == name]
            found |= COMBINATIONS[name](self._trace, value, those, sizes)
        return found

    def _bins(self) -> dict[str, Array]:
        """Return the edges of binned numbers, without the infinite ones at both ends."""
        if not self._chosen["bins"]:
            return {}
        counted = self._keys()
        if self._trace.maker(counted, "Concat", "ReduceSum").op == "Concat":
            counted = self._trace.maker(counted, "Concat").inputs[1]
        edges = self._trace.constant(self._trace.above(counted, "ReduceSum", "Cast", "Less").inputs[0])[0]
        return {name: row[np.isfinite(row)] for name, row in zip(self._chosen["bins"], edges, strict=True)}

    def _keys(self) -> str:
        """Return the value of the codes and bins that combinations meet in."""
        if "deviation" in self._values:
            found = self._trace.maker(self._trace.maker(self._values["deviation"], "Where").inputs[2], "Sub")
            return self._trace.above(_second(self._trace, found), "Gather").inputs[0]
        lookup = self._trace.maker(self._values["cross"], "Reshape").inputs[0]
        node = self._trace.maker(self._trace.maker(lookup, "Gather").inputs[1], "LabelEncoder")
        return self._trace.above(node.inputs[0], "Add", "ReduceSum", "Reshape", "Mul", "Gather").inputs[0]


def _second(trace: Trace, difference: Node) -> str:
    """Return the codes behind the means that are taken off."""
    groups = trace.maker(trace.maker(difference.inputs[1], "Gather").inputs[1], "Add")
    return groups.inputs[0]


def _arithmetic(trace: Trace, value: str, those: list[Facts], sizes: dict[str, int]) -> Facts:
    del trace, value, sizes
    return {"arithmetic": [[o["numbers"][0], SIGNS[o["operation"]], o["numbers"][1]] for o in those]}


def _cross(trace: Trace, value: str, those: list[Facts], sizes: dict[str, int]) -> Facts:
    lookup = trace.above(value, "Reshape", "Gather")
    means = trace.constant(lookup.inputs[0])
    known: Any = trace.maker(lookup.inputs[1], "LabelEncoder").attributes["keys_int64s"]
    groups = np.array(known)
    found, start = [], 0
    for one in those:
        shape = [sizes[key] for key in one["keys"]]
        here = (groups >= start) & (groups < start + prod(shape))
        rows = means[1:][: len(groups)][here[: len(means) - 1]]
        found.append(
            {
                "of": one["keys"],
                "sizes": shape,
                "groups": (groups[here] - start).tolist(),
                "means": [*rows.tolist(), means[0].tolist()],  # the last is for groups that are not known
            }
        )
        start += prod(shape)
    return {"cross": found}


def _deviation(trace: Trace, value: str, those: list[Facts], sizes: dict[str, int]) -> Facts:
    difference = trace.maker(trace.maker(value, "Where").inputs[2], "Sub")
    means = trace.constant(trace.maker(difference.inputs[1], "Gather").inputs[0])
    found, start = [], 0
    for one in those:
        (of,), (within,) = one["numbers"], one["keys"]
        found.append({"of": of, "within": within, "means": means[start : start + sizes[within]].tolist()})
        start += sizes[within]
    return {"deviation": found}


ENCODINGS = ("frequency", "one_hot", "target_mean")
COMBINATIONS = {"arithmetic": _arithmetic, "cross": _cross, "deviation": _deviation}
