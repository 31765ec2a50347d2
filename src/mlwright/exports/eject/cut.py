"""Cut: the part of a program that a project keeps as a graph, with a name for all that can be learned again.

Features are made by the project's own code. What follows them stays the very nodes of the program, so that
its answers are the same to the last bit; what precedes them, but for the weights of words, is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.program.runtime import DIFFICULTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.exports.eject.trace import Trace

_COVER = "nodes_hitrates"
"""How many rows came to a leaf: answers do not depend on it."""


@final
class Cutter:
    """Cuts graphs out of one program.

    `names` are those of constants, by the value that is made of them and the place where they are read;
    `tree_names` those of nodes that hold trees, by the value that they give.
    """

    def __init__(self, program: bytes) -> None:
        import onnx  # noqa: PLC0415 - heavy, and not needed to serve

        self.proto: Any = onnx.ModelProto.FromString(program)
        self.names: dict[tuple[str, int], str] = {}
        self.tree_names: dict[str, str] = {}
        self._constants = {item.name: item for item in self.proto.graph.initializer}

    @property
    def answers(self) -> list[str]:
        """The values that the program answers with, but for what only intervals need."""
        return [item.name for item in self.proto.graph.output if item.name != DIFFICULTY]

    def cut(self, reads: Mapping[str, str], gives: Mapping[str, str]) -> bytes:
        """Return the graph from the values in `reads` to those in `gives`, each with the name that it gets.

        What is read are matrices of single precision, but for inputs of the program, which keep their type.
        """
        import onnx  # noqa: PLC0415 - as above

        cut = onnx.ModelProto(ir_version=self.proto.ir_version, producer_name=self.proto.producer_name)
        cut.opset_import.extend(self.proto.opset_import)
        body: Any = cut.graph
        body.name = self.proto.graph.name
        kept = self._needed(set(reads), list(gives))
        used = {value for node in kept for value in node.input}
        for node in kept:
            body.node.append(self._renamed(node, {**gives, **reads}, body))
        types = {item.name: item for item in self.proto.graph.input}
        body.input.extend(_matrix(name, types.get(value)) for value, name in reads.items() if value in used)
        known = {item.name: item for item in self.proto.graph.output}
        body.output.extend(known.get(value) or _matrix(name) for value, name in gives.items())
        data: bytes = cut.SerializeToString(deterministic=True)
        return data

    def _needed(self, ends: set[str], wanted: list[str]) -> list[Any]:
        """Return the nodes between, in the order of the program."""
        makers = {output: node for node in self.proto.graph.node for output in node.output}
        seen: set[str] = set()
        while wanted:
            value = wanted.pop()
            if value not in seen and value not in ends and value in makers:
                seen.update(makers[value].output)
                wanted += makers[value].input
        return [node for node in self.proto.graph.node if node.output[0] in seen]

    def _renamed(self, node: Any, values: Mapping[str, str], body: Any) -> Any:
        """Copy a node; its constants go into the graph, shared only if they have no name of their own."""
        import onnx  # noqa: PLC0415 - as above

        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.output[:] = [values.get(value, value) for value in node.output]
        for place, value in enumerate(node.input):
            copy.input[place] = values.get(value, value)
            if value in self._constants:
                name = self.names.get((node.output[0], place), value)
                copy.input[place] = name
                if all(item.name != name for item in body.initializer):
                    body.initializer.add().CopyFrom(self._constants[value])
                    body.initializer[-1].name = name
        if node.output[0] in self.tree_names:
            copy.name = self.tree_names[node.output[0]]
            attributes = [item for item in node.attribute if item.name != _COVER]
            del copy.attribute[:]
            copy.attribute.extend(attributes)
        return copy


def _matrix(name: str, known: Any = None) -> Any:
    """Describe a matrix of single precision, or one of the type that is known."""
    import onnx  # noqa: PLC0415 - as above

    # Without names of the sides: were it known that two matrices have as many rows, the runtime would fuse a
    # sum of products into one operator, which rounds otherwise. Of a program with texts it does not know.
    info = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, None])
    if known is not None:
        info.type.CopyFrom(known.type)
    return info


def name_learned(
    cutter: Cutter, trace: Trace, part: dict[str, Any], name: str, reads: Mapping[str, str], n_pieces: int
) -> None:
    """Name what can be learned again in a part of a member: trees, or constants with those of its scaling.

    `reads` are the names of the matrices and of the words' weights, by their values. Into `n_pieces` at most
    the member cuts its columns.
    """
    if part["kind"] == "splits":
        cutter.tree_names[part["scores"]] = name
    elif part["kind"] == "fixed":
        for node in cutter.proto.graph.node:
            if node.op_type == "Expand" and _is_answer(trace, node, part["answer"]):
                cutter.names[node.output[0], 0] = f"{name}/answer"
    else:
        _name_layers(cutter, trace, part, name, reads)
        _name_scaling(cutter, trace, part["matrix"], reads[part["matrix"]])
        if n_pieces:
            _name_pieces(cutter, trace, part["reads"][0], f"{reads[part['matrix']]}/{n_pieces}")


def _is_answer(trace: Trace, node: Any, answer: list[float]) -> bool:
    known = trace.constant(node.input[0])
    return np.array_equal(known, np.array([answer], dtype=np.float32))


def _name_layers(
    cutter: Cutter, trace: Trace, part: dict[str, Any], name: str, reads: Mapping[str, str]
) -> None:
    """Follow the products from the inputs to the scores: a constant may look like another one's."""
    values = list(part["reads"])
    for layer, (weights, bias) in enumerate(zip(part["weights"], part["biases"], strict=True)):
        products = []
        for value, weight in zip(values, weights, strict=True):
            product = next(node for node in trace.readers(value, "MatMul") if node.inputs[1] == weight)
            cutter.names[product.outputs[0], 1] = f"{name}/weights_{layer}{'_terms' * (value in reads)}"
            products.append(product.outputs[0])
        if len(products) > 1:
            products = [trace.readers(products[0], "Add")[0].outputs[0]]
        moved = next(node for node in trace.readers(products[0], "Add") if node.inputs[1] == bias)
        cutter.names[moved.outputs[0], 1] = f"{name}/bias_{layer}"
        values = [node.outputs[0] for node in _active(trace, moved.outputs[0])]


def _active(trace: Trace, value: str) -> list[Any]:
    """Return what an activation gives, if one follows: value times its sigmoid, times a constant."""
    products = trace.readers(value, "Mul")[:1]
    return [node for product in products for node in trace.readers(product.outputs[0], "Mul")]


def _name_scaling(cutter: Cutter, trace: Trace, matrix: str, features: str) -> None:
    for absent in trace.readers(matrix, "IsNaN"):
        flags = [
            n
            for node in trace.readers(absent.outputs[0], "Cast")
            for n in trace.readers(node.outputs[0], "Gather")
        ]
        for node in flags:
            cutter.names[node.outputs[0], 1] = f"{features}/flagged"
        for filled in trace.readers(absent.outputs[0], "Where"):
            cutter.names[filled.outputs[0], 1] = f"{features}/middle"
            (clipped,) = trace.readers(filled.outputs[0], "Clip")
            (moved,) = trace.readers(clipped.outputs[0], "Sub")
            cutter.names[moved.outputs[0], 1] = f"{features}/center"
            (scaled,) = trace.readers(moved.outputs[0], "Mul")
            cutter.names[scaled.outputs[0], 1] = f"{features}/factor"


def _name_pieces(cutter: Cutter, trace: Trace, inputs: str, name: str) -> None:
    """Name the ranges of columns that layers see, the last of their inputs, if there are any."""
    node = trace.maker(inputs, "Div", "Concat", "Clip")
    joined = trace.maker(node.inputs[0], "Concat", "Clip") if node.op == "Div" else node
    last = trace.maker(joined.inputs[-1], "Clip", "Gather") if joined.op == "Concat" else joined
    if joined.op == "Concat" and last.op == "Clip":
        come = trace.maker(last.inputs[0], "Mul")
        moved = trace.maker(come.inputs[0], "Sub")
        picked = trace.maker(moved.inputs[0], "Gather")
        for which, key in ((picked, "columns"), (moved, "lows"), (come, "factors")):
            cutter.names[which.outputs[0], 1] = f"{name}/{key}"
