"""Taken: what a project keeps of a model: two graphs, the facts behind its features, how it was learned."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import UsageError
from mlwright.exports.eject.cut import Cutter, name_learned
from mlwright.exports.eject.facts import COMBINATIONS, ENCODINGS, STEPS, Facts, counters, read_facts
from mlwright.exports.eject.trace import Trace
from mlwright.program.onnx_file import read_onnx
from mlwright.program.sums import SUMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model

_STAKES, _TERMS, _THEMES, _DIRECTIONS = "stakes", "terms", "themes", "directions"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """`graph` answers from features on, `words` weighs counted terms; b"" without texts.

    `facts` and `recipe` are the contents of `features.json` and `recipe.json`; `stakes` is the column that
    multiplies the cost of a miss, "" if there is none. `kinds` are those of the parts of the answer.
    """

    graph: bytes
    words: bytes
    facts: Facts
    recipe: dict[str, Any]
    stakes: str
    kinds: frozenset[str]


def take(model: Model) -> Taken:
    """Take a model apart.

    Raises
    ------
    UsageError
        It was made without a recipe, or has parts that a project cannot hold; the message names them.
    """
    recipe = _known_recipe(model.evidence.get("recipe"))
    cutter, trace = Cutter(model.program), Trace(read_onnx(model.program))
    parts = _parts(cutter)
    matrices = _matrices(parts, recipe)
    facts = read_facts(trace, recipe, matrices)
    reads = {value: f"features_{number}" for number, value in reversed(list(enumerate(matrices)))}
    words = _Words(cutter, trace, facts) if "texts" in facts else None
    if words:
        reads[words.terms] = _TERMS
    _name_members(cutter, trace, parts, reads, recipe)
    stakes = str((model.evidence.get("decision") or {}).get("stakes") or "")
    ends = {**reads, **({trace.inputs[stakes]: _STAKES} if stakes else {})}
    names = set(cutter.names.values())
    for item, value in zip(facts["sets"], matrices, strict=True):
        item["features"], item["flags"] = reads[value], f"{reads[value]}/flagged" in names
    return Taken(
        graph=cutter.cut(ends, {name: name for name in cutter.answers}),
        words=words.cut() if words else b"",
        facts=facts,
        recipe=_recipe_file(model, recipe),
        stakes=stakes,
        kinds=frozenset(part["kind"] for part in parts),
    )


def _known_recipe(recipe: Any) -> dict[str, Any]:
    if not isinstance(recipe, dict):
        message = (
            "The model does not say how it was learned, so nothing could learn it again: it was made by an "
            "earlier mlwright, or its time ran out and models of its folds ship. Train again, with more time."
        )
        raise UsageError(message)
    known = {
        "step": ([step["step"] for step in recipe["steps"]], STEPS),
        "encoding": ([name for one in recipe["sets"] for name in one["encodings"]], ENCODINGS),
        "combination": ([c["combination"] for one in recipe["sets"] for c in one["combined"]], COMBINATIONS),
    }
    for what, (names, written) in known.items():
        unknown = sorted(set(names) - set(written))
        if unknown:
            message = f"The {what} {unknown[0]!r} of this model cannot be written as code of a project."
            raise UsageError(message)
    if any(member["settings"].get("on_a_level") for member in recipe["members"]):
        message = "What learned on a level, as this model did, cannot be written as code of a project."
        raise UsageError(message)
    return recipe


def _parts(cutter: Cutter) -> list[dict[str, Any]]:
    """Return what adds up to the answers, as the program says in its metadata."""
    facts = {item.key: item.value for item in cutter.proto.metadata_props}
    parts: list[dict[str, Any]] = json.loads(facts[SUMS])["parts"]
    return parts


def _matrices(parts: list[dict[str, Any]], recipe: dict[str, Any]) -> list[str]:
    """Return the graph value of the features of each set."""
    found = {recipe["members"][part["member"]]["set"]: part["matrix"] for part in parts}
    return [found[number] for number in range(len(recipe["sets"]))]


def _name_members(
    cutter: Cutter,
    trace: Trace,
    parts: list[dict[str, Any]],
    reads: Mapping[str, str],
    recipe: Mapping[str, Any],
) -> None:
    n_before: dict[int, int] = {}
    for part in parts:
        member = part["member"]
        number = n_before.get(member, 0)
        n_before[member] = number + 1
        n_pieces = recipe["members"][member]["settings"].get("pieces", 0)
        name_learned(cutter, trace, part, f"member_{member}/{number}", reads, n_pieces)


def _recipe_file(model: Model, recipe: dict[str, Any]) -> dict[str, Any]:
    kept = {key: recipe[key] for key in ("rows", "seeds", "members")}
    if kept["rows"]["learned"] is not None:
        kept["rows"] = {**kept["rows"], "learned": b64decode(kept["rows"]["learned"]).hex()}
    return {**kept, "offset": model.task.offset, "scale": model.task.scale}


@final
class _Words:
    """The part of a program between the counts of terms and their themes."""

    def __init__(self, cutter: Cutter, trace: Trace, facts: Facts) -> None:
        self._cutter = cutter
        columns = dict.fromkeys(item["column"] for item in facts["texts"])
        counts = [node.outputs[0] for column in columns for node in counters(trace, column)]
        self._reads = {value: f"counts_{number}" for number, value in enumerate(counts)}
        parts = []
        for number, value in enumerate(counts):
            (root,) = trace.readers(value, "Sqrt")
            (weighted,) = trace.readers(root.outputs[0], "Mul")
            cutter.names[weighted.outputs[0], 1] = f"weights_{number}"
            (part,) = trace.readers(weighted.outputs[0], "Div")
            parts.append(part.outputs[0])
        self.terms = trace.readers(parts[0], "Concat")[0].outputs[0] if len(parts) > 1 else parts[0]
        themes = trace.readers(self.terms, "MatMul")[0]  # before the products of the models
        self._themes = themes.outputs[0]
        cutter.names[self._themes, 1] = _DIRECTIONS

    def cut(self) -> bytes:
        """Return the graph from counts to weights and themes."""
        return self._cutter.cut(self._reads, {self.terms: _TERMS, self._themes: _THEMES})
