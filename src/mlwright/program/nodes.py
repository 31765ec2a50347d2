"""Reads what an explanation needs out of the bytes of a program: constants, and trees with their covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.trees import Trees
from mlwright.program.wire import BYTES, as_bytes, fields, integers, singles, texts

if TYPE_CHECKING:
    from mlwright.core.arrays import Array

_GRAPH, _NODE, _CONSTANT = 7, 1, 5
_OUTPUT, _OPERATOR, _ATTRIBUTE = 2, 4, 5
_NAME, _FLOATS, _INTEGERS, _TEXTS = 1, 7, 8, 9
_SHAPE, _TYPE, _TENSOR_NAME, _RAW = 1, 2, 8, 9
_DTYPES = {1: "<f4", 7: "<i8", 11: "<f8"}
_TREES = b"TreeEnsembleRegressor"


@final
class Nodes:
    """The constants and the trees of a program that has been verified, found by name."""

    def __init__(self, data: bytes) -> None:
        self._constants: dict[str, memoryview] = {}
        self._trees: dict[str, memoryview] = {}
        graph = next(as_bytes(value) for number, _, value in fields(memoryview(data)) if number == _GRAPH)
        for number, wire, value in fields(graph):
            if wire != BYTES:
                continue
            if number == _CONSTANT:
                self._constants[_text(as_bytes(value), _TENSOR_NAME)] = as_bytes(value)
            elif number == _NODE and _text(as_bytes(value), _OPERATOR).encode() == _TREES:
                self._trees[_text(as_bytes(value), _OUTPUT)] = as_bytes(value)

    def constant(self, name: str) -> Array:
        """Return a constant; raise ArtifactError if there is none of that name."""
        shape, dtype, raw = [], "", b""
        for number, _, value in fields(_found(self._constants, name)):
            if number == _SHAPE and isinstance(value, int):
                shape.append(value)
            elif number == _TYPE and isinstance(value, int):
                dtype = _DTYPES.get(value, "")
            elif number == _RAW:
                raw = bytes(as_bytes(value))
        if not dtype or len(raw) != np.dtype(dtype).itemsize * int(np.prod(shape)):
            raise _unlike(name)
        return np.frombuffer(raw, dtype).reshape(shape)

    def trees(self, name: str) -> Trees:
        """Return the trees that give this value; raise ArtifactError if there are none."""
        lists: dict[str, Array] = {}
        for number, _, value in fields(_found(self._trees, name)):
            if number == _ATTRIBUTE:
                _read_list(as_bytes(value), lists)
        try:
            return _as_trees(lists)
        except (KeyError, ValueError, IndexError) as error:
            raise _unlike(name) from error


def _as_trees(lists: dict[str, Array]) -> Trees:
    tree_of, is_leaf = lists["nodes_treeids"], lists["nodes_modes"] == b"LEAF"
    roots = np.flatnonzero(np.diff(tree_of, prepend=-1))
    first = np.repeat(roots, np.diff([*roots, len(tree_of)]))
    leaves = roots[lists["target_treeids"]] + lists["target_nodeids"]
    order = np.flatnonzero(np.diff(leaves, prepend=-1))
    width = len(leaves) // len(order)
    values = np.zeros((len(tree_of), width), np.float32)
    values[leaves[order]] = lists["target_weights"].reshape(-1, width)
    target = np.zeros(len(roots), np.int64)
    target[lists["target_treeids"][order]] = lists["target_ids"][order]
    return Trees(
        feature=np.where(is_leaf, -1, lists["nodes_featureids"]).astype(np.int32),
        threshold=lists["nodes_values"],
        missing_left=lists["nodes_missing_value_tracks_true"].astype(bool),
        left=lists["nodes_truenodeids"] + first,
        right=lists["nodes_falsenodeids"] + first,
        values=values,
        roots=roots,
        target=target,
        n_scores=int(lists["target_ids"].max()) + 1,
        is_equal=lists["nodes_modes"] == b"BRANCH_EQ",
        cover=lists["nodes_hitrates"],
        n_nodes=len(tree_of),
    )


def _read_list(attribute: memoryview, lists: dict[str, Array]) -> None:
    """Put the list of numbers or short texts that an attribute holds, if it does, under its name."""
    name = _text(attribute, _NAME)
    rest = attribute[2 + len(name) :]
    if len(rest) and rest[0] >> 3 == _FLOATS:
        lists[name] = singles(rest, _FLOATS)
    elif len(rest) and rest[0] >> 3 == _INTEGERS:
        lists[name] = integers(rest, _INTEGERS)
    elif len(rest) and rest[0] >> 3 == _TEXTS:
        lists[name] = np.array(texts(rest, _TEXTS))


def _text(message: memoryview, wanted: int) -> str:
    """Return the first text of one field, without looking at what follows it."""
    for number, wire, value in fields(message):
        if number == wanted and wire == BYTES:
            return bytes(as_bytes(value)).decode("utf-8", "replace")
    return ""


def _found(those: dict[str, memoryview], name: str) -> memoryview:
    if name not in those:
        raise _unlike(name)
    return those[name]


def _unlike(name: str) -> ArtifactError:
    message = f"program.onnx says that it can be explained by {name[:40]!r}, but does not hold that."
    return ArtifactError(message)
